/**
 * @module
 * IP packets with their headers where there are no system calls: by the package raw-socket, one call for each.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { getSystemErrorMap } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import type { Socket } from 'raw-socket';
import { SynthError } from '../../errors.js';
import { formatAddress } from '../../net/address.js';
import { destinationOf, type IpVersion, ipVersion } from '../../net/ip-header.js';
import type { Batch } from '../batch.js';
import { EventCounts, SEND, type Transport } from '../transport.js';

export type RawSocketPackage = typeof import('raw-socket')['default'];

const IPPROTO_RAW = 255;
const PATIENCE_MS = 1;

export class RawSocketTransport extends EventCounts implements Transport {
  readonly needsEventLoop = false;
  failure = '';
  readonly #package: RawSocketPackage;
  readonly #sockets = new Map<IpVersion, Socket>();
  /** The package gives errors by their descriptions only. */
  readonly #names = namesByDescription();
  #memory: Uint8Array | undefined;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(rawSocket: RawSocketPackage) {
    super();
    this.#package = rawSocket;
  }

  async open(): Promise<void> {
    const { SocketLevel: level, SocketOption: option } = this.#package;
    this.#openFamily(4, level['IPPROTO_IP'], option['IP_HDRINCL']);
    try {
      this.#openFamily(6, level['IPPROTO_IPV6'], option['IPV6_HDRINCL']);
    } catch (error) {
      // A system may have IPv4 alone; a packet of the other kind says so.
      if (!(error instanceof SynthError)) throw error;
    }
  }

  #openFamily(version: IpVersion, level: number | undefined, option: number | undefined): void {
    try {
      const socket = this.#package.createSocket({ protocol: IPPROTO_RAW, addressFamily: version === 4 ? 1 : 2 });
      this.#sockets.set(version, socket);
      socket.on('error', (error) => this.countError(this.#nameOf(error)));
      socket.pauseRecv();
      if (level !== undefined && option !== undefined) socket.setOption(level, option, 1);
    } catch (error) {
      const message = `opening a raw socket: ${this.#nameOf(error)}`;
      throw new SynthError('SYNTH_SYSTEM_LIMIT', message, {
        hint: 'It takes root, or an administrator.',
        cause: error,
      });
    }
  }

  send(batch: Batch): number {
    const { bytes, first, count } = batch;
    this.#useMemory(bytes);
    for (let i = first; i < count; i++) {
      const failure = this.#sendOne(bytes, batch.at[i]!, batch.length[i]!);
      if (failure === undefined) continue;
      if (i > first) return i - first;
      if (failure === 'EAGAIN' || failure === 'ENOBUFS') return SEND.blocked;
      this.failure = failure;
      return SEND.failed;
    }
    return count - first;
  }

  #useMemory(bytes: Uint8Array): void {
    if (bytes === this.#memory) return;
    this.#memory = bytes;
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @returns the name of the error, if there was one */
  #sendOne(bytes: Uint8Array, at: number, length: number): string | undefined {
    const version = ipVersion(bytes, at, length);
    if (version === undefined) return 'EINVAL';
    const socket = this.#sockets.get(version);
    if (socket === undefined) return 'EAFNOSUPPORT';
    const address = { family: `ipv${version}`, bytes: destinationOf(version, bytes, at) } as const;
    try {
      socket.wrap.send(this.#buffer, at, length, formatAddress(address), nothing);
      return undefined;
    } catch (error) {
      return this.#nameOf(error);
    }
  }

  #nameOf(error: unknown): string {
    const description = error instanceof Error ? error.message : String(error);
    return this.#names.get(description.toLowerCase()) ?? description;
  }

  async waitForRoom(): Promise<void> {
    await pause(PATIENCE_MS);
  }

  receive(): void {}

  async close(): Promise<void> {
    for (const socket of this.#sockets.values()) {
      const closed = new Promise<void>((resolve) => socket.on('close', resolve));
      socket.close();
      await closed;
    }
    this.#sockets.clear();
  }
}

const nothing = (): void => {};

function namesByDescription(): Map<string, string> {
  return new Map([...getSystemErrorMap().values()].map(([name, description]) => [description.toLowerCase(), name]));
}

/**
 * It is compiled where it is installed, which does not always succeed; and it uses the event loop of the main thread from whatever
 * thread it is in, which ends the process.
 *
 * @throws SynthError `SYNTH_SYSTEM_LIMIT`
 */
export async function loadRawSocket(): Promise<RawSocketPackage> {
  if (!isMainThread)
    throw new SynthError('SYNTH_SYSTEM_LIMIT', 'the package raw-socket sends from the main thread only');
  try {
    return (await import('raw-socket')).default;
  } catch (error) {
    throw new SynthError('SYNTH_SYSTEM_LIMIT', 'raw:// needs the package raw-socket, which was not built here', {
      hint: 'Install a compiler and run npm rebuild raw-socket, or send on Linux.',
      cause: error,
    });
  }
}
