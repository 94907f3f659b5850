/** What a report of the command line says, without a browser. */

/** Text of a page, as somebody would copy it. */
const unescaped = (html: string): string =>
  html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

/** What to type to make the report again. */
export function commandOf(page: string): string {
  const found = /<pre><code>([\s\S]*?)<\/code><\/pre>/.exec(page);
  if (found === null) throw new Error('a report without a command');
  return unescaped(found[1]!);
}

/** The page but for the time when it was made. */
export const undated = (page: string): string => page.replace(/<time [^>]*>[^<]*<\/time>/, '');
