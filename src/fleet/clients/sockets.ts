/**
 * @module
 * Sockets of TCP and TLS for all clients that speak over them, and how they say why they have ended.
 */
import { connect as connectPlain, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext, TLSSocket } from 'node:tls';
import { errorName } from '../../host/stream-socket.js';
import type { Target } from '../scenario/scenario.js';
import type { ClientIdentity } from './client.js';
import { type TlsContexts, tlsContexts } from './tls-options.js';

/** Begins to connect. @param onread takes what comes, out of memory that is used again; else the socket has it as a stream */
export type OpenSocket = (onread?: OnReadOpts) => Socket;

export class Sockets {
  readonly #address: string;
  readonly #port: number;
  readonly #contexts: TlsContexts | undefined;

  /** @param address resolved */
  constructor(target: Target, address: string) {
    this.#address = address;
    this.#port = target.port;
    this.#contexts = tlsContexts(target);
  }

  get isSecure(): boolean {
    return this.#contexts !== undefined;
  }

  /** Emitted by a socket when it can be spoken through. */
  get readyEvent(): 'connect' | 'secureConnect' {
    return this.isSecure ? 'secureConnect' : 'connect';
  }

  /** How one device connects. @throws SynthError `SYNTH_USAGE` for a certificate or key that is none */
  openerOf(identity: ClientIdentity): OpenSocket {
    const contexts = this.#contexts;
    const context = contexts?.of(identity);
    if (contexts === undefined || context === undefined) return (onread) => this.#openPlain(onread);
    return (onread) => this.#openTls(contexts, context, onread);
  }

  #openPlain(onread: OnReadOpts | undefined): Socket {
    const read = onread === undefined ? {} : { onread };
    return connectPlain({ host: this.#address, port: this.#port, noDelay: true, ...read });
  }

  #openTls(contexts: TlsContexts, context: SecureContext, onread: OnReadOpts | undefined): Socket {
    const read = onread === undefined ? {} : { onread };
    const options = { host: this.#address, port: this.#port, ...contexts.options(context), ...read };
    return connectTls(options).setNoDelay(true);
  }
}

/** What a TLS record takes beside its content: 22 bytes in TLS 1.3, which is assumed before it is known, 29 or 21 in 1.2. */
export function recordBytes(socket: Socket | undefined): number {
  if (!(socket instanceof TLSSocket) || socket.getProtocol() !== 'TLSv1.2') return 22;
  // RFC 7905: no explicit nonce.
  return socket.getCipher().name.includes('CHACHA20') ? 21 : 29;
}

/** Why a connection has ended, short and stable. */
export function closeReason(error: unknown): string {
  return error === undefined ? 'closed-by-peer' : errorName(error);
}
