/**
 * @module
 * The command line as somebody would type it again.
 */

const PLAIN = /^[\w@%+=:,./-]+$/;

/** Quoted for a POSIX shell. */
export const commandLine = (id: string, argv: readonly string[], added: readonly string[] = []): string =>
  ['synth', ...id.split(':'), ...argv, ...added].map(quote).join(' ');

const quote = (text: string): string => (PLAIN.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);
