/** @module From what is said about a transport to the one that does it here. */
import { SynthError } from '../../errors.js';
import { type Linux, openLinux } from '../../host/native/linux.js';
import type { TransportSpec } from '../../host/transport-spec.js';
import type { Random } from '../../random.js';
import { type OptionName, option, wording } from '../../wording.js';
import type { Transport } from '../transport.js';
import { DatagramTransport } from './datagram.js';
import { FramesTransport } from './frames.js';
import { RawTransport } from './raw.js';
import { loadRawSocket, RawSocketTransport } from './raw-socket.js';
import { StreamTransport } from './stream.js';
import { UdpTransport } from './udp.js';

/**
 * @param random for what must not happen at the same moment everywhere; it changes no packet
 * @throws SynthError `SYNTH_SYSTEM_LIMIT` where this system has no such thing, `SYNTH_USAGE` for certificates that are none
 */
export async function createTransport(spec: TransportSpec, random: Random): Promise<Transport> {
  const linux = await openLinux();
  switch (spec.kind) {
    case 'frames':
      return new FramesTransport(spec, required(linux, 'interface'));
    case 'raw':
      return linux === undefined ? new RawSocketTransport(await loadRawSocket()) : new RawTransport(linux);
    case 'udp':
      return linux === undefined ? new DatagramTransport(spec) : new UdpTransport(spec, linux);
    default:
      return new StreamTransport(spec, random);
  }
}

function required(linux: Linux | undefined, what: OptionName): Linux {
  if (linux !== undefined) return linux;
  throw new SynthError('SYNTH_SYSTEM_LIMIT', wording`${option(what)} needs Linux on a 64-bit machine, and koffi`);
}
