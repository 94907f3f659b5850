/**
 * @module
 * HTML as text that cannot be mistaken for other text: what comes from outside is escaped when it is put in.
 */

/** A piece of HTML. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template may hold: text, which is escaped, and HTML, which is not. */
export type HtmlValue = string | number | Html | null | undefined | readonly HtmlValue[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it stands in HTML, inside elements and inside quoted attributes. What XML and HTML cannot hold becomes U+FFFD. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!)
    .replace(/[^\t\n\r\x20-\x7e\u{a0}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd');
}

/** A template of HTML. Text in it is escaped, lists are joined, null and undefined leave nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0]!;
  values.forEach((value, index) => {
    text += inside(value) + parts[index + 1]!;
  });
  return new Html(text);
}

function inside(value: HtmlValue): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Html) return value.text;
  return typeof value === 'object' ? value.map(inside).join('') : escapeHtml(String(value));
}
