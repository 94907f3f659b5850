/**
 * @module
 * From what was asked for to an emission that is ready: where it goes and whether it may, what is sent, and when.
 */
import { isIP } from 'node:net';
import type { Clock } from '../clock.js';
import { SynthError } from '../errors.js';
import { AddressGuard } from '../host/address-guard.js';
import type { InternetEndpoint } from '../host/native/socket-address.js';
import { preflight, thisSystem } from '../host/preflight.js';
import { isOwnAddress, requireAllowedTarget } from '../host/safety.js';
import { hasDefaultRoute, systemFiles } from '../host/system-files.js';
import { type EmissionTarget, resolveHost } from '../host/target-url.js';
import type { StreamOptions, TransportSpec } from '../host/transport-spec.js';
import type { AddressRange } from '../net/address-range.js';
import type { Target } from '../series/target.js';
import { option, wording } from '../wording.js';
import { Schedule, type ScheduleOptions } from './schedule.js';
import { type CapturesInput, type ModelInput, openSource } from './sources/open-source.js';
import type { Directions, PacketSource } from './sources/source.js';

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
  /** Whether payloads begin with sequence and time. */
  readonly stamp: boolean;
  /** When the first packet leaves, in ns since the Unix epoch; undefined for at once. */
  readonly startAtNs: bigint | undefined;
  readonly clock: Clock;
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
  readonly stamp: boolean;
  readonly startAtNs: bigint | undefined;
}

/** Packets a second: enough for a first run, and too few to hurt. */
const DEFAULT_CEILING_PPS = 50_000;

/**
 * Checks what was asked for first, then the model or the capture, then what this host can do: a mistake of usage is the same error on every machine.
 *
 * @throws SynthError `SYNTH_USAGE`, `SYNTH_TARGET_NOT_ALLOWED`, `SYNTH_TARGET_UNREACHABLE` for a name without address, as `openSource` does,
 *   and `SYNTH_SYSTEM_LIMIT` as `preflight` does
 */
export async function prepareEmission(request: EmissionRequest): Promise<PreparedEmission> {
  const { input, destination, signal, schedule, allowed, allowSpoofed, stamp, startAtNs, clock } = request;
  if (stamp) requirePayloadOnly(destination);
  if (startAtNs !== undefined) requireFuture(startAtNs, clock);
  const channels =
    input.kind === 'model' && destination.kind !== 'interface' && destination.kind !== 'raw' ? input.devices : 1;
  const transport = await transportOf(request, channels);
  if ('target' in transport) requireAllowedTarget(transport.target.address, allowed);
  const packets = transport.kind === 'frames' || transport.kind === 'raw';
  const ipVersion = 'target' in transport && isIP(transport.target.address.replace(/%.*$/, '')) === 6 ? 6 : 4;
  const directions = request.directions ?? (packets ? 'both' : 'out');
  const opened = await openSource(input, { transport: transport.kind, ipVersion, directions, signal });
  preflight({ spec: transport, maxBytes: 0 }, await thisSystem());
  const isLocal = staysHere(transport);
  const guard =
    packets && !isLocal
      ? new AddressGuard({ linkHeader: transport.kind === 'frames', allowed, allowSpoofed })
      : undefined;
  const maxPps = request.maxPps ?? (isLocal ? Number.POSITIVE_INFINITY : DEFAULT_CEILING_PPS);
  return { ...opened, schedule: new Schedule({ ...schedule, maxPps }), transport, guard, stamp, startAtNs };
}

/** Stamps would be written over the headers of packets. @throws SynthError `SYNTH_USAGE` */
function requirePayloadOnly({ kind }: Destination): void {
  if (kind !== 'interface' && kind !== 'raw') return;
  throw new SynthError(
    'SYNTH_USAGE',
    wording`${option('stamp')} is for the payloads of sockets; frames and IP packets stay as they are`,
    {
      hint: wording`Send with ${option('to')} udp://, tcp://, tls:// or unix://.`,
    },
  );
}

/** @throws SynthError `SYNTH_USAGE` */
export function requireFuture(startAtNs: bigint, clock: Clock): void {
  const inNs = Number(startAtNs - clock.wallNs());
  if (inNs >= 0) return;
  throw new SynthError('SYNTH_USAGE', wording`${option('startAtNs')} is ${(-inNs / 1e9).toFixed(3)} s in the past`, {
    hint: 'Preparing took so long, or the clocks of the hosts differ: take a later time.',
  });
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
    wording`${option('bind')} ${other.address} and the target ${target.address} are of different IP versions`,
  );
}
