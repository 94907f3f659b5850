/**
 * @module
 * Payloads that are the bytes of a file, over and over. Each end of each conversation sends them from their beginning.
 */
import { open } from 'node:fs/promises';
import { describeSystemError, SynthError } from '../../errors.js';
import { option, wording } from '../../wording.js';
import type { PayloadSource, PayloadStream } from '../payload-stream.js';
import { copySumming } from './message.js';

/** What is behind this is not sent. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** The first 16 MiB of a file. @throws SynthError `SYNTH_FILE_UNREADABLE` if it cannot be read, or is empty */
export async function readPayloadFile(path: string): Promise<Uint8Array> {
  const content = await readBeginning(path).catch((cause: unknown) => {
    const hint = wording`Give ${option('payload')} a file, or one of the words protocol, pattern, zeros and random.`;
    const message = `${path}: the payload cannot be read: ${describeSystemError(cause)}`;
    throw new SynthError('SYNTH_FILE_UNREADABLE', message, { hint, cause });
  });
  if (content.length > 0) return content;
  throw new SynthError('SYNTH_FILE_UNREADABLE', `${path}: the file is empty`, {
    hint: wording`Packets need something to carry; ${option('payload', 'zeros')} fills them with zeros.`,
  });
}

async function readBeginning(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    // A pipe does not say how much there is.
    const content = new Uint8Array(size > 0 ? Math.min(size, MAX_FILE_BYTES) : MAX_FILE_BYTES);
    let length = 0;
    while (length < content.length) {
      const { bytesRead } = await file.read(content, length, content.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return content.subarray(0, length);
  } finally {
    await file.close();
  }
}

export class FilePayload implements PayloadSource {
  readonly preamble = new Uint8Array(0);
  readonly #content: Uint8Array;

  /** @param content at least one byte */
  constructor(content: Uint8Array) {
    this.#content = content;
  }

  minBytes(): number {
    return 0;
  }

  begin(): PayloadStream {
    return new FileStream(this.#content);
  }
}

class FileStream implements PayloadStream {
  readonly #content: Uint8Array;
  /** How far each end has come in the file. */
  #ofOpener = 0;
  #ofOther = 0;

  constructor(content: Uint8Array) {
    this.#content = content;
  }

  write(bytes: Uint8Array, at: number, length: number, byOpener: boolean): number {
    const content = this.#content;
    let position = byOpener ? this.#ofOpener : this.#ofOther;
    let sum = 0;
    for (let done = 0; done < length; ) {
      const count = Math.min(length - done, content.length - position);
      sum += copySumming(content, position, position + count, bytes, at + done, (done & 1) === 1);
      done += count;
      position = position + count === content.length ? 0 : position + count;
    }
    if (byOpener) this.#ofOpener = position;
    else this.#ofOther = position;
    return sum;
  }
}
