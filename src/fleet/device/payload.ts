/** @module What messages carry: as many bytes as the model wants, filled with what the scenario says. */
import type { MessagePayload } from '../scenario/scenario.js';
import { compileTemplate, type Template, type TemplateContext } from '../scenario/template.js';

const SPACE = 0x20;
/** Letters that repeat: what arrives can be read, and says where it is. */
const PATTERN = 'abcdefghijklmnopqrstuvwxyz';

export class PayloadWriter {
  readonly #payload: MessagePayload;
  readonly #templates: readonly Template[];
  /** Longer than any message that a packet holds; messages are pieces of it. */
  readonly #pattern = new TextEncoder().encode(PATTERN.repeat(Math.ceil(65_536 / PATTERN.length)));
  readonly #encoder = new TextEncoder();

  constructor(payload: MessagePayload) {
    this.#payload = payload;
    const texts = payload.kind === 'lines' ? payload.lines : payload.kind === 'template' ? [payload.text] : [];
    this.#templates = texts.map((text) => compileTemplate(text));
  }

  /** @param bytes how many the model wants. @returns what is to be sent; not to be changed */
  write(bytes: number, context: TemplateContext): Uint8Array {
    const payload = this.#payload;
    if (payload.kind === 'pattern') return this.#pattern.subarray(0, bytes);
    const template = this.#templates[context.seq % this.#templates.length]!;
    const text = this.#encoder.encode(template.render(context));
    if (payload.kind === 'lines' || text.length === bytes) return text;
    if (text.length > bytes) return payload.cut ? text.subarray(0, bytes) : text;
    // White space behind JSON, XML and most texts means nothing.
    const padded = new Uint8Array(bytes).fill(SPACE);
    padded.set(text);
    return padded;
  }
}
