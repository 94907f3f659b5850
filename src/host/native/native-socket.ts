/**
 * @module
 * A socket by its system calls, with errors in words. Every number that the kernel gives out is closed again by `close`.
 */
import { SynthError, type SynthErrorCode } from '../../errors.js';
import { LINUX, type Linux } from './linux.js';
import { endpointOf, type InternetEndpoint } from './socket-address.js';

const HINTS: Readonly<Record<string, string>> = {
  EPERM: 'It takes root, or: setcap cap_net_raw+ep on the node binary.',
  EACCES: 'It takes root, or: setcap cap_net_raw+ep on the node binary.',
  EMFILE: 'Raise the limit of open files with: ulimit -n',
  ENFILE: 'The whole system has no file descriptors left.',
  EADDRNOTAVAIL: 'Take an address that an interface of this host has: ip address.',
  EADDRINUSE: 'Another program has it; take another port.',
  ENETUNREACH: 'There is no route to the target: ip route.',
  ENETDOWN: 'Bring the interface up with: ip link set IF up',
};

/** @param what was tried, for the message */
export function systemCallError(linux: Linux, code: SynthErrorCode, what: string): SynthError {
  const name = linux.errorName();
  const hint = HINTS[name];
  return new SynthError(code, `${what}: ${name}`, hint === undefined ? {} : { hint });
}

export class NativeSocket {
  readonly descriptor: number;
  readonly #linux: Linux;
  #closed = false;

  /** Never blocks. @throws SynthError `SYNTH_SYSTEM_LIMIT` */
  constructor(linux: Linux, family: number, type: number, protocol = 0) {
    this.#linux = linux;
    this.descriptor = linux.socket(family, type | LINUX.SOCK_CLOEXEC | LINUX.SOCK_NONBLOCK, protocol);
    if (this.descriptor < 0) throw systemCallError(linux, 'SYNTH_SYSTEM_LIMIT', 'opening a socket');
  }

  /** @throws SynthError `SYNTH_SYSTEM_LIMIT` */
  bind(address: Uint8Array, what: string): void {
    if (this.#linux.bind(this.descriptor, address, address.length) === 0) return;
    throw systemCallError(this.#linux, 'SYNTH_SYSTEM_LIMIT', `binding to ${what}`);
  }

  /** @throws SynthError `SYNTH_TARGET_UNREACHABLE` */
  connect(address: Uint8Array, what: string): void {
    if (this.#linux.connect(this.descriptor, address, address.length) === 0) return;
    throw systemCallError(this.#linux, 'SYNTH_TARGET_UNREACHABLE', `connecting to ${what}`);
  }

  /** @returns whether the system knows the option and allows it */
  set(level: number, option: number, value: number): boolean {
    return this.#linux.setsockopt(this.descriptor, level, option, Int32Array.of(value), 4) === 0;
  }

  /** Asks for buffers of a size: as large as this user may have them. */
  setBuffers(bytes: number): void {
    const { SOL_SOCKET, SO_SNDBUF, SO_SNDBUFFORCE, SO_RCVBUF, SO_RCVBUFFORCE } = LINUX;
    if (!this.set(SOL_SOCKET, SO_SNDBUFFORCE, bytes)) this.set(SOL_SOCKET, SO_SNDBUF, bytes);
    if (!this.set(SOL_SOCKET, SO_RCVBUFFORCE, bytes)) this.set(SOL_SOCKET, SO_RCVBUF, bytes);
  }

  /** Its own end, for internet sockets. */
  localEndpoint(): InternetEndpoint {
    const address = new Uint8Array(32);
    this.#linux.getsockname(this.descriptor, address, Int32Array.of(address.length));
    return endpointOf(address);
  }

  close(): void {
    if (!this.#closed) this.#linux.close(this.descriptor);
    this.#closed = true;
  }
}
