/**
 * @module
 * The sockets of TCP, TLS and unix streams: how each kind connects, and in words why it does not.
 */
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import { SynthError, type SynthErrorCode, systemErrorCode } from '../errors.js';
import { option, type Wording, wording } from '../wording.js';
import type { TcpSpec, TlsSpec, UnixSpec } from './transport-spec.js';

export type StreamSpec = TcpSpec | TlsSpec | UnixSpec;

/** Begins to connect a channel. */
export type SocketMaker = (channel: number) => Socket;

/** @throws SynthError `SYNTH_USAGE` for a certificate or key that is none */
export function socketMaker(spec: StreamSpec): SocketMaker {
  const connect = plainOrTls(spec);
  // Here, since connecting by TLS leaves out the option.
  return (channel) => connect(channel).setNoDelay(true);
}

function plainOrTls(spec: StreamSpec): SocketMaker {
  if (spec.kind === 'unix') return () => connectPlain({ path: spec.path });
  if (spec.kind === 'tcp') return (channel) => connectPlain(internetOptions(spec, channel));
  const secureContext = contextOf(spec);
  return (channel) =>
    connectTls({
      ...internetOptions(spec, channel),
      secureContext,
      // RFC 6066, 3: no addresses in the server name.
      servername: isIP(spec.serverName) === 0 ? spec.serverName : '',
      checkServerIdentity: (_host, certificate) => checkServerIdentity(spec.serverName, certificate),
      rejectUnauthorized: spec.verify,
    });
}

/** Emitted by a socket when messages can be written. */
export const readyEvent = ({ kind }: StreamSpec): 'secureConnect' | 'connect' =>
  kind === 'tls' ? 'secureConnect' : 'connect';

function internetOptions({ target, bind }: TcpSpec | TlsSpec, channel: number) {
  const source = bind[channel % bind.length];
  const local = source === undefined ? {} : { localAddress: source.address, ...localPort(source.port) };
  return { host: target.address, port: target.port, ...local };
}

const localPort = (port: number) => (port === 0 ? {} : { localPort: port });

/** One for all channels: reading certificates takes longer than connecting. */
function contextOf({ ca, certificate, key }: TlsSpec): SecureContext {
  try {
    return createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === undefined ? {} : { cert: certificate }),
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

/** What the system is short of, rather than the target. */
const LIMITS: Readonly<Record<string, string>> = {
  EMFILE: 'Raise the limit of open files with: ulimit -n',
  ENFILE: 'The whole system has no file descriptors left.',
  EADDRNOTAVAIL: 'Take source addresses that this host has, or more of them where it has run out of ports.',
  EADDRINUSE: 'Another program has the source port; take another one.',
};

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there: start the target first.',
  ECONNRESET: 'The target accepts connections and resets them.',
  EHOSTUNREACH: 'No host answers at this address.',
  ENETUNREACH: 'There is no route to the target: ip route.',
  ETIMEDOUT: 'The target does not answer: is the address right, is there a firewall?',
  ENOENT: 'There is no socket with this path: start the target first.',
  EACCES: 'This user may not connect to it.',
};

const CERTIFICATE = /CERT|SIGNATURE|ISSUER|ALTNAME|CRL/;

/** Why a first connection could not be made. */
export function connectError(spec: StreamSpec, error: unknown): SynthError {
  const name = errorName(error);
  const code: SynthErrorCode = name in LIMITS ? 'SYNTH_SYSTEM_LIMIT' : 'SYNTH_TARGET_UNREACHABLE';
  const hint = LIMITS[name] ?? (spec.kind === 'tls' ? tlsHint(name) : undefined) ?? REASONS[name];
  const reason = name in LIMITS || name in REASONS || !(error instanceof Error) ? name : `${error.message} (${name})`;
  return new SynthError(code, `connecting to ${describe(spec)}: ${reason}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}

function tlsHint(name: string): Wording | undefined {
  if (name === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return wording`Say the name that the certificate has with ${option('tls.serverName')}.`;
  }
  if (CERTIFICATE.test(name)) {
    return wording`Name the authority that has signed it with ${option('tls.ca')}, or take any certificate with ${option('tls.verify', false)}.`;
  }
  // What comes before the handshake has ended.
  const isHandshake = name.startsWith('ERR_SSL') || name === 'EPROTO' || name === 'ECONNRESET' || name === 'closed';
  return isHandshake ? 'Does the target speak TLS on this port?' : undefined;
}

function describe(spec: StreamSpec): string {
  if (spec.kind === 'unix') return `unix://${spec.path}`;
  const { address, port } = spec.target;
  return `${spec.kind}://${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
}

/** How an error is counted: `ECONNRESET`, `EPIPE` and the like. */
export const errorName = (error: unknown): string => systemErrorCode(error) ?? 'error';

/** An error of our own, as the system would give it. */
export const namedError = (name: string): Error => Object.assign(new Error(name), { code: name });
