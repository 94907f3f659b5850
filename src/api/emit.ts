/**
 * @module
 * Timed packets on a socket or an interface.
 */
import { captureInput } from '../capture/capture-file.js';
import { systemClock } from '../clock.js';
import { type EmissionEnd, emit as emitPrepared, type LiveCounts } from '../emission/emit.js';
import { type Destination, prepareEmission, type TlsOptions } from '../emission/prepare-emission.js';
import type { Pacing } from '../emission/schedule.js';
import type { CapturesInput, ModelInput } from '../emission/sources/open-source.js';
import type { Precision } from '../emission/waiter.js';
import { SynthError } from '../errors.js';
import { parseTarget } from '../host/target-url.js';
import type { Framing } from '../host/transport-spec.js';
import { isModelHead } from '../model-files/load-model.js';
import { parseRanges } from '../net/address-range.js';
import { drawSeed } from '../random.js';
import { readHead } from '../series/load.js';
import { identityOf } from '../synthesis/identity.js';
import { parseFactor, parseRate } from '../units.js';
import { limitOf } from './generate.js';
import { type Duration, durationNsOf, modelOf, pathsOf, requireWhole, type TargetOptions, targetOf } from './inputs.js';
import type { TrainedModel } from './train.js';

export interface EmitOptions extends TargetOptions {
  /** `udp://host:port`, `tcp://…`, `tls://…`, `unix:///path`, or `raw://` for IP packets. */
  readonly to?: string | undefined;
  /** In place of `to`: an interface, for Ethernet frames. */
  readonly interface?: string | undefined;
  /** Ends after this time, or this number of packets. */
  readonly duration?: Duration | undefined;
  readonly packets?: number | undefined;
  /** Times as fast as modelled or captured, such as `'2x'` (default: `'1x'`); or a constant rate in packets, such as `'100/s'`; or `'topspeed'`. */
  readonly speed?: string | undefined;
  readonly rate?: string | undefined;
  /** Ceiling on packets a second. Default: 50 000; none on loopback. */
  readonly maxRate?: string | undefined;
  /** `out` (default on sockets), `in` or `both`. */
  readonly direction?: 'out' | 'in' | 'both' | undefined;
  /** Of a model: seed and number of devices. */
  readonly seed?: string | undefined;
  readonly devices?: number | undefined;
  /** Begins each payload with sequence and time, from which a sink tells loss and delay. Default: false. */
  readonly stamp?: boolean | undefined;
  readonly framing?: Framing | undefined;
  readonly tls?: Partial<TlsOptions> | undefined;
  /** Networks beside loopback, private, link-local and documentation addresses, such as `['203.0.113.0/24']`. */
  readonly allow?: readonly string[] | undefined;
  readonly precision?: Precision | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called twice a second. */
  readonly onProgress?: ((live: LiveCounts) => void) | undefined;
}

const CONNECT_TIMEOUT_MS = 5000;
const STALL_TIMEOUT_MS = 10_000;
const DRAIN_MS = 2000;

/**
 * Sends the packets of a model or of captures on time. Every planned packet is accounted for: planned = sent + failed + skipped.
 *
 * @param input a model, the path of a model file, or paths of captures
 * @throws SynthError `SYNTH_TARGET_NOT_ALLOWED`, `SYNTH_SYSTEM_LIMIT`, `SYNTH_USAGE`, and others of bad input; what ends the source early is in `sourceError`
 * @example
 * const { verdict, lateness } = await emit('model.safetensors', { to: 'udp://127.0.0.1:8000', duration: '10s' });
 */
export async function emit(
  input: TrainedModel | string | readonly string[],
  options: EmitOptions,
): Promise<EmissionEnd & { readonly seed: string }> {
  const { seed = drawSeed(), signal, onProgress, precision = 'fine', framing = 'length' } = options;
  requireWhole('packets', options.packets, 1);
  requireWhole('devices', options.devices, 1);
  const stream = {
    framing,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    stallTimeoutMs: STALL_TIMEOUT_MS,
    reconnect: true,
  };
  const tls = { serverName: undefined, ca: undefined, certificate: undefined, key: undefined, verify: true };
  const prepared = await prepareEmission({
    input: await inputOf(input, options, seed),
    destination: destinationOf(options),
    directions: options.direction,
    bind: [],
    stream,
    tls: { ...tls, ...options.tls },
    schedule: {
      pacing: pacingOf(options),
      maxGapNs: Number.POSITIVE_INFINITY,
      rounds: 1,
      loopDelayNs: 0,
      limit: options.packets ?? Number.POSITIVE_INFINITY,
      durationNs: durationNsOf(options.duration),
    },
    maxPps: options.maxRate === undefined ? undefined : parseRate(options.maxRate),
    allowed: (options.allow ?? []).flatMap(parseRanges),
    allowSpoofed: false,
    stamp: options.stamp ?? false,
    startAtNs: undefined,
    clock: systemClock,
    signal,
  });
  const end = await emitPrepared({ ...prepared, precision, drainMs: DRAIN_MS, clock: systemClock, signal, onProgress });
  return { ...end, seed };
}

async function inputOf(
  input: TrainedModel | string | readonly string[],
  options: EmitOptions,
  seed: string,
): Promise<ModelInput | CapturesInput> {
  const file = await modelIn(input);
  if (file === undefined) {
    const paths = pathsOf(input as string | readonly string[]); // a model has been found above
    return { kind: 'captures', inputs: paths.map(captureInput), target: targetOf(options) };
  }
  const isEndless = options.packets === undefined && options.duration === undefined;
  const endless = { packets: Number.POSITIVE_INFINITY, durationNs: Number.POSITIVE_INFINITY };
  const isSocket = options.interface === undefined && options.to !== 'raw://';
  return {
    kind: 'model',
    file,
    seed,
    limit: isEndless ? limitOf(file, {}) : endless,
    sampling: undefined,
    identity: identityOf(file.profile, {}),
    devices: options.devices ?? 1,
    payload: isSocket ? 'pattern' : 'protocol',
    strictSizes: false,
    mtu: Number.POSITIVE_INFINITY,
    oversize: 'fragment',
    spreadNs: 0,
  };
}

/** Undefined for captures. */
async function modelIn(input: TrainedModel | string | readonly string[]): Promise<TrainedModel | undefined> {
  if (typeof input === 'object' && 'model' in input) return input;
  const [path] = pathsOf(input);
  if (path === undefined || !isModelHead(await readHead(captureInput(path)))) return undefined;
  return modelOf(path);
}

function destinationOf({ to, interface: interfaceName }: EmitOptions): Destination {
  if ((to === undefined) === (interfaceName === undefined)) {
    throw new SynthError('SYNTH_USAGE', 'give either `to`, such as udp://127.0.0.1:8000, or `interface`');
  }
  if (interfaceName !== undefined) return { kind: 'interface', interfaceName, qdiscBypass: true };
  return parseTarget(to ?? '');
}

/** @throws SynthError `SYNTH_USAGE` */
function pacingOf({ speed, rate }: EmitOptions): Pacing {
  if (rate !== undefined && speed !== undefined)
    throw new SynthError('SYNTH_USAGE', 'give `rate` or `speed`, not both');
  if (rate === 'topspeed') return { kind: 'topspeed' };
  if (rate !== undefined) return { kind: 'packets', perSecond: parseRate(rate) };
  return { kind: 'own', speed: parseFactor(speed ?? '1x') };
}
