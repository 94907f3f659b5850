/**
 * @module
 * Certificates of targets and devices, made ready once: reading them takes longer than connecting.
 */
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, createSecureContext, type SecureContext } from 'node:tls';
import { SynthError } from '../../errors.js';
import type { Target, TargetTls } from '../scenario/scenario.js';
import type { ClientIdentity } from './client.js';

export class TlsContexts {
  readonly #tls: TargetTls;
  readonly #serverName: string;
  #shared: SecureContext | undefined;

  constructor(tls: TargetTls, host: string) {
    this.#tls = tls;
    this.#serverName = tls.serverName ?? host;
  }

  /**
   * The context of a device: its own where it has a certificate, else that of all.
   *
   * @throws SynthError `SYNTH_USAGE` for a certificate or key that is none
   */
  of({ certificate, key }: ClientIdentity): SecureContext {
    if (certificate !== undefined) return contextOf(this.#tls.ca, certificate, key);
    this.#shared ??= contextOf(this.#tls.ca, this.#tls.certificate, this.#tls.key);
    return this.#shared;
  }

  options(secureContext: SecureContext): ConnectionOptions {
    const serverName = this.#serverName;
    return {
      secureContext,
      // RFC 6066, 3: no addresses in the server name.
      servername: isIP(serverName) === 0 ? serverName : '',
      checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
      rejectUnauthorized: this.#tls.verify,
    };
  }
}

/** Undefined for a target without TLS. */
export const tlsContexts = ({ tls, host }: Target): TlsContexts | undefined =>
  tls === undefined ? undefined : new TlsContexts(tls, host);

function contextOf(ca: string | undefined, cert: string | undefined, key: string | undefined): SecureContext {
  try {
    return createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SynthError('SYNTH_USAGE', `the certificates or the key cannot be used: ${reason}`, {
      hint: 'All of them are PEM, and the key has to be that of the certificate.',
      cause: error,
    });
  }
}
