/**
 * @module
 * The key of an anonymisation: 32 bytes, from a file, from hexadecimal digits, from words that somebody remembers, or drawn.
 */
import { scryptSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describeSystemError, SynthError } from '../errors.js';
import { statOrUndefined } from '../output-file.js';
import { CRYPTO_PAN_KEY_BYTES } from './crypto-pan.js';

const HEX_KEY = /^[0-9a-f]{64}$/i;
/** Of a secret on the command line. */
const MIN_SECRET_CHARACTERS = 12;
const MAX_KEY_FILE_BYTES = 64 * 1024;
/** The same secret has to give the same key everywhere, so the salt is a constant. */
const SALT = 'synth anonymisation';

/**
 * @param text the secret, or the path of a file that holds it. 32 bytes of a file, or 64 hexadecimal digits, are the key itself; anything
 *   else is stretched to one by scrypt (RFC 7914)
 * @throws SynthError `SYNTH_USAGE`, `SYNTH_FILE_UNREADABLE`
 */
export async function readAnonymizationKey(text: string): Promise<Uint8Array> {
  const content = await readIfFile(text);
  if (content?.length === CRYPTO_PAN_KEY_BYTES) return content;
  const secret = (content === undefined ? text : new TextDecoder().decode(content)).trim();
  if (HEX_KEY.test(secret)) return Uint8Array.from(Buffer.from(secret, 'hex'));
  if (secret === '') {
    throw new SynthError('SYNTH_USAGE', content ? `${text}: holds no key` : 'the key of the anonymisation is empty', {
      hint: 'Give a secret, or a file with one.',
    });
  }
  if (content === undefined) requireSecret(secret);
  return Uint8Array.from(scryptSync(secret, SALT, CRYPTO_PAN_KEY_BYTES));
}

/** A file that is not there must not become the secret itself: its name is easily guessed. @throws SynthError `SYNTH_USAGE` */
function requireSecret(text: string): void {
  const isPath = /[\\/]|\.\w{1,6}$/.test(text);
  if (!isPath && text.length >= MIN_SECRET_CHARACTERS) return;
  const message = isPath
    ? `${text}: there is no such key file`
    : `a secret of ${text.length} characters is guessed easily, and there is no key file of this name`;
  throw new SynthError('SYNTH_USAGE', message, {
    hint: `Give a file that holds the key, or a secret of ${MIN_SECRET_CHARACTERS} characters or more.`,
  });
}

/** Whether this names a file that holds the key, and is not the secret itself. */
export const isKeyFile = async (text: string): Promise<boolean> => (await statOrUndefined(text))?.isFile() ?? false;

/** Undefined where there is no such file. */
async function readIfFile(path: string): Promise<Uint8Array | undefined> {
  const found = await statOrUndefined(path);
  if (!found?.isFile()) return undefined;
  if (found.size > MAX_KEY_FILE_BYTES) throw new SynthError('SYNTH_USAGE', `${path}: is too large to hold a key`);
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    const message = `${path}: cannot be read: ${describeSystemError(error)}`;
    throw new SynthError('SYNTH_FILE_UNREADABLE', message, { cause: error });
  }
}
