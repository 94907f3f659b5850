/**
 * @module
 * The command line as somebody would type it again.
 */

const PLAIN = /^[\w@%+=:,./-]+$/;

/** Quoted for a POSIX shell. @param added flags; what follows a `--` would be none */
export function commandLine(id: string, argv: readonly string[], added: readonly string[] = []): string {
  const end = argv.indexOf('--');
  const flagsEnd = end < 0 ? argv.length : end;
  const words = ['synth', ...id.split(':'), ...argv.slice(0, flagsEnd), ...added, ...argv.slice(flagsEnd)];
  return words.map(quote).join(' ');
}

const quote = (text: string): string => (PLAIN.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);
