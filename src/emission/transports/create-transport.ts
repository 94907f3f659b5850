/** @module From what is said about a transport to the one that does it here. */
import { SynthError } from '../../errors.js';
import { type Linux, openLinux } from '../native/linux.js';
import type { Transport } from '../transport.js';
import type { TransportSpec } from '../transport-spec.js';
import { FramesTransport } from './frames.js';
import { UdpTransport } from './udp.js';

/** @throws SynthError `SYNTH_SYSTEM_LIMIT` where this system has no such thing */
export async function createTransport(spec: TransportSpec): Promise<Transport> {
  const linux = await openLinux();
  switch (spec.kind) {
    case 'frames':
      return new FramesTransport(spec, required(linux, '--interface'));
    case 'udp':
      return new UdpTransport(spec, required(linux, 'udp'));
    default:
      throw new Error(`not yet: ${spec.kind}`);
  }
}

function required(linux: Linux | undefined, what: string): Linux {
  if (linux !== undefined) return linux;
  throw new SynthError('SYNTH_SYSTEM_LIMIT', `${what} needs Linux on a 64-bit machine, and koffi`);
}
