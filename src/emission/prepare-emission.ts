/**
 * @module
 * From what was asked for to an emission that is ready: where it goes and whether it may, what is sent, and when.
 */
import { isIP } from 'node:net';
import { SynthError } from '../errors.js';
import type { Target } from '../series/target.js';
import { AddressGuard } from './address-guard.js';
import type { AddressRange } from './address-range.js';
import type { InternetEndpoint } from './native/socket-address.js';
import { preflight, thisSystem } from './preflight.js';
import { isOwnAddress, requireAllowedTarget } from './safety.js';
import { Schedule, type ScheduleOptions } from './schedule.js';
import { type CapturesInput, type ModelInput, openSource } from './sources/open-source.js';
import type { Directions, PacketSource } from './sources/source.js';
import { hasDefaultRoute, systemFiles } from './system-files.js';
import { type EmissionTarget, resolveHost } from './target-url.js';
import type { StreamOptions, TransportSpec } from './transport-spec.js';

/** Where packets go: an interface, or what a URL says. */
export type Destination =
  | { readonly kind: 'interface'; readonly interfaceName: string; readonly qdiscBypass: boolean }
  | EmissionTarget;

/** PEM texts, and the name that a certificate has to have. */
export interface TlsOptions {
  readonly serverName: string | undefined;
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly verify: boolean;
}

export interface EmissionRequest {
  readonly input: ModelInput | CapturesInput;
  readonly destination: Destination;
  /** Undefined for the usual: both on interfaces and raw, what the device sends on sockets. */
  readonly directions: Directions | undefined;
  readonly bind: readonly InternetEndpoint[];
  readonly stream: Omit<StreamOptions, 'channels'>;
  readonly tls: TlsOptions;
  readonly schedule: Omit<ScheduleOptions, 'maxPps'>;
  /** Undefined for the usual ceiling. */
  readonly maxPps: number | undefined;
  readonly allowed: readonly AddressRange[];
  readonly allowSpoofed: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface PreparedEmission {
  readonly source: PacketSource;
  readonly schedule: Schedule;
  readonly transport: TransportSpec;
  /** Whose packets are sent; undefined for all, and for models. */
  readonly target: Target | undefined;
  readonly busiestTaken: boolean;
  /** Looks at packets that carry addresses of their own, where they may leave the local network. */
  readonly guard: AddressGuard | undefined;
}

/** Packets a second: enough for a first run, and too few to hurt. */
const DEFAULT_CEILING_PPS = 50_000;

/**
 * @throws SynthError `SYNTH_TARGET_NOT_ALLOWED`, `SYNTH_TARGET_UNREACHABLE` for a name without address, `SYNTH_SYSTEM_LIMIT` as `preflight`
 *   does, and as `openSource` does
 */
export async function prepareEmission(request: EmissionRequest): Promise<PreparedEmission> {
  const { input, destination, signal, schedule, allowed, allowSpoofed } = request;
  const channels =
    input.kind === 'model' && destination.kind !== 'interface' && destination.kind !== 'raw' ? input.devices : 1;
  const transport = await transportOf(request, channels);
  preflight({ spec: transport, mostBytes: 0 }, await thisSystem());
  const isLocal = staysHere(transport);
  if ('target' in transport) requireAllowedTarget(transport.target.address, allowed);
  const packets = transport.kind === 'frames' || transport.kind === 'raw';
  const guard =
    packets && !isLocal
      ? new AddressGuard({ linkHeader: transport.kind === 'frames', allowed, allowSpoofed })
      : undefined;
  const ipVersion = 'target' in transport && isIP(transport.target.address.replace(/%.*$/, '')) === 6 ? 6 : 4;
  const directions = request.directions ?? (packets ? 'both' : 'out');
  const opened = await openSource(input, { transport: transport.kind, ipVersion, directions, signal });
  const maxPps = request.maxPps ?? (isLocal ? Number.POSITIVE_INFINITY : DEFAULT_CEILING_PPS);
  return { ...opened, schedule: new Schedule({ ...schedule, maxPps }), transport, guard };
}

/** Whether nothing that is sent can leave this host or an isolated wire. */
function staysHere(transport: TransportSpec): boolean {
  if (transport.kind === 'frames') return !hasDefaultRoute(transport.interfaceName, systemFiles);
  if (transport.kind === 'raw') return false;
  return transport.kind === 'unix' || isOwnAddress(transport.target.address.replace(/%.*$/, ''));
}

async function transportOf(request: EmissionRequest, channels: number): Promise<TransportSpec> {
  const { destination, bind, stream, tls } = request;
  switch (destination.kind) {
    case 'interface':
      return { ...destination, kind: 'frames' };
    case 'raw':
      return { kind: 'raw' };
    case 'unix':
      return { kind: 'unix', path: destination.path, ...stream, channels };
    default: {
      const { kind, host, port } = destination;
      const target = { address: await resolveHost(host), port };
      requireSameFamily(target, bind);
      if (kind === 'udp') return { kind, target, channels, bind };
      if (kind === 'tcp') return { kind, target, bind, ...stream, channels };
      return { kind, target, bind, ...stream, channels, ...tls, serverName: tls.serverName ?? host };
    }
  }
}

function requireSameFamily(target: InternetEndpoint, bind: readonly InternetEndpoint[]): void {
  const family = isIP(target.address.replace(/%.*$/, ''));
  const other = bind.find(({ address }) => isIP(address.replace(/%.*$/, '')) !== family);
  if (other === undefined) return;
  throw new SynthError(
    'SYNTH_USAGE',
    `--bind ${other.address} and the target ${target.address} are of different IP versions`,
  );
}
