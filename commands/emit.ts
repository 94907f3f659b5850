/** `synth emit`: the packets of a model or a capture, sent at their times. */
import { readFile } from 'node:fs/promises';
import { Args, Flags, type Interfaces } from '@oclif/core';
import { captureInput, type NamedPath } from '../src/capture/capture-file.js';
import { BaseCommand } from '../src/cli/base-command.js';
import {
  destinationFlags,
  parseAllowed,
  parseCeiling,
  parseOptionalDuration,
  parsePacing,
  ROLES,
  rateFlags,
  requireDestination,
  safetyFlags,
  tlsFlags,
} from '../src/cli/emit/emission-flags.js';
import {
  emissionFailure,
  emissionJson,
  emissionLines,
  liveText,
  sourceLines,
  wireText,
} from '../src/cli/emit/emission-view.js';
import { forceFlag, parseTarget as parseDeviceOrFlow, seedFlag, targetFlags } from '../src/cli/flags.js';
import {
  drawingFlags,
  frameFlags,
  identityFlags,
  parseIdentity,
  parseSampling,
} from '../src/cli/generate/synthesis-flags.js';
import { startLiveLine } from '../src/cli/live-line.js';
import { parsePayload, parseTimestamp } from '../src/cli/parse.js';
import { withStdinAsFile } from '../src/cli/stdin.js';
import { systemClock } from '../src/clock.js';
import { emit } from '../src/emission/emit.js';
import {
  type Destination,
  type EmissionRequest,
  prepareEmission,
  type TlsOptions,
} from '../src/emission/prepare-emission.js';
import type { CapturesInput, ModelInput } from '../src/emission/sources/open-source.js';
import { DIRECTIONS, type Directions } from '../src/emission/sources/source.js';
import { arrivals, PacketRecord, settledFile, type WireFidelity, wireFidelity } from '../src/emission/wire-fidelity.js';
import { describeSystemError, SynthError } from '../src/errors.js';
import { parseBindAddresses, parseTarget } from '../src/host/target-url.js';
import type { TransportSpec } from '../src/host/transport-spec.js';
import { isModelHead, loadModelFile } from '../src/model-files/load-model.js';
import { requireWritable, writeOutput } from '../src/output-file.js';
import { drawSeed } from '../src/random.js';
import { readHead } from '../src/series/load.js';
import { formatTarget } from '../src/series/target.js';
import { parseDuration } from '../src/units.js';

export default class Emit extends BaseCommand {
  static override summary = 'Send the packets of a model or a capture at their times.';
  static override description =
    'To a socket (--to), as datagrams or messages of the modelled sizes; or onto an interface (--interface), where a capture is replayed byte for byte. ' +
    'Every packet has an absolute deadline; at the end the run says how late packets were, that every one of them is accounted for, and whether the machine or the target was the limit. ' +
    'See docs/emission.md.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> model.safetensors --to udp://127.0.0.1:8000 --duration 3s',
    '<%= config.bin %> <%= command.id %> model.safetensors --devices 100 --stamp --limit 2000 --speed 10x --to udp://127.0.0.1:8000',
    '<%= config.bin %> <%= command.id %> capture.pcap --device 02:00:00:00:00:17 --pps 1000 --to udp://127.0.0.1:8000',
    '<%= config.bin %> <%= command.id %> capture.pcap --interface veth0',
    '<%= config.bin %> <%= command.id %> capture.pcap --interface veth0 --topspeed --loop 100',
  ];
  static override strict = false;
  static override args = {
    input: Args.string({
      description: 'Model file or capture; several captures are merged by time; - is standard input.',
      default: 'model.safetensors',
    }),
  };
  static override flags = {
    ...destinationFlags,
    ...targetFlags,
    direction: Flags.option({ options: DIRECTIONS })({
      summary:
        'Packets that the target sends, that are sent to it, or both. Default: both on interfaces and raw, what --role says on sockets.',
      helpGroup: 'TARGET',
    }),
    role: Flags.option({ options: ROLES })({
      summary: 'Which end of the dialogue to play: the device sends its outbound packets, the peer the inbound ones.',
      exclusive: ['direction'],
      helpGroup: 'TARGET',
    }),
    ...rateFlags,
    seed: seedFlag(),
    payload: Flags.string({
      summary:
        'Of models: a pattern, zeros, random bytes, the bytes of a file, or messages of the protocol. Default: protocol for frames, else pattern.',
      helpValue: 'protocol|pattern|zeros|random|FILE',
    }),
    stamp: Flags.boolean({
      summary: 'Begin each payload with sequence and time, 16 bytes, from which a sink tells loss and delay.',
      default: false,
    }),
    spread: Flags.string({
      summary: 'Let devices begin at random within this time, so that they are not in step.',
      helpValue: 'TIME',
    }),
    ...drawingFlags,
    ...identityFlags,
    ...frameFlags,
    ...tlsFlags,
    ...safetyFlags,
    wire: Flags.string({
      summary:
        'Compare with what arrived: a capture from the other end, or the table of a sink, which is read after the run.',
      helpValue: 'FILE',
    }),
    summary: Flags.string({ summary: 'Write what --json prints to this file too.', helpValue: 'FILE.json' }),
    force: forceFlag,
  };

  async run(): Promise<unknown> {
    const { args, argv, flags } = await this.parse(Emit);
    requireDestination(flags);
    const inputs = argv.length === 0 ? [args.input] : (argv as string[]);
    const seed = flags.seed ?? drawSeed();
    const tls = await readTlsFiles(flags);
    if (flags.summary !== undefined) await requireWritable(flags.summary, { force: flags.force, inputs });
    return withStdinAsFile(inputs, this.signal, async (files) => {
      const request = await requestOf(files, flags, seed, tls, this.signal);
      const prepared = await prepareEmission(request);
      if (prepared.busiestTaken) this.note(`Packets of the busiest device ${formatTarget(prepared.target!)}`);
      const live = await startLiveLine(!this.jsonEnabled());
      const plan = new PacketRecord();
      const { sourceError, ...emission } = await emit({
        ...prepared,
        precision: flags.precision,
        drainMs: parseDuration(flags.drain) / 1e6,
        clock: systemClock,
        signal: this.signal,
        onPlanned: flags.wire === undefined ? undefined : (dueNs, length) => plan.add(dueNs, length),
        onProgress: (counts) => live.update(liveText(counts)),
      }).finally(() => live.stop());
      this.noteWarnings(prepared.source);
      for (const line of [...emissionLines(emission), ...sourceLines(prepared)]) this.note(line);
      if (request.input.kind === 'model') this.note(`seed ${seed}`);
      const wire = flags.wire === undefined ? null : await readWire(flags.wire, plan, prepared.transport);
      if (wire !== null) this.note(wireText(wire));
      const result = { seed: request.input.kind === 'model' ? seed : null, ...emissionJson(emission, prepared), wire };
      const failure = emissionFailure(emission, sourceError);
      if (failure !== undefined) this.failWithResult(failure);
      if (flags.summary !== undefined) {
        const text = `${JSON.stringify(this.toSuccessJson(result), undefined, 2)}\n`;
        await writeOutput(flags.summary, new TextEncoder().encode(text), { force: flags.force, inputs });
      }
      return result;
    });
  }
}

type EmitFlags = Interfaces.InferredFlags<typeof Emit.flags>;

async function requestOf(
  files: readonly NamedPath[],
  flags: EmitFlags,
  seed: string,
  tls: TlsOptions,
  signal: AbortSignal,
): Promise<EmissionRequest> {
  const limit = flags.limit ?? Number.POSITIVE_INFINITY;
  const durationNs = parseOptionalDuration(flags.duration) ?? Number.POSITIVE_INFINITY;
  return {
    input: await inputOf(
      files,
      flags,
      seed,
      limit === Number.POSITIVE_INFINITY && durationNs === Number.POSITIVE_INFINITY,
    ),
    destination: destinationOf(flags),
    directions: directionsOf(flags),
    bind: flags.bind === undefined ? [] : parseBindAddresses(flags.bind),
    stream: {
      framing: flags.framing,
      connectTimeoutMs: parseDuration(flags['connect-timeout']) / 1e6,
      stallTimeoutMs: parseDuration(flags['stall-timeout']) / 1e6,
      reconnect: flags.reconnect,
    },
    tls,
    schedule: {
      pacing: parsePacing(flags),
      maxGapNs: parseOptionalDuration(flags['max-gap']) ?? Number.POSITIVE_INFINITY,
      rounds: flags.loop,
      loopDelayNs: parseOptionalDuration(flags['loop-delay']) ?? 0,
      limit,
      durationNs,
    },
    maxPps: parseCeiling(flags['max-pps']),
    allowed: parseAllowed(flags['allow-target']),
    allowSpoofed: flags['allow-spoofed'],
    stamp: flags.stamp,
    startAtNs: flags['start-at'] === undefined ? undefined : parseTimestamp(flags['start-at']),
    clock: systemClock,
    signal,
  };
}

/** @param endless whether only the input itself ends the run: a model then sends as many packets as it was trained on */
async function inputOf(
  files: readonly NamedPath[],
  flags: EmitFlags,
  seed: string,
  endless: boolean,
): Promise<ModelInput | CapturesInput> {
  const heads = await Promise.all(files.map((file) => readHead(captureInput(file))));
  const models = files.filter((_, i) => isModelHead(heads[i]!));
  if (models.length === 0) {
    return { kind: 'captures', inputs: files.map(captureInput), target: parseDeviceOrFlow(flags) };
  }
  if (files.length > 1) throw new SynthError('SYNTH_USAGE', 'one model is sent at a time, and not beside captures');
  if (parseDeviceOrFlow(flags) !== undefined) {
    throw new SynthError('SYNTH_USAGE', '--device and --flow are for captures; a model is of one target already');
  }
  const file = await loadModelFile(models[0]!);
  return {
    kind: 'model',
    file,
    seed,
    limit: {
      packets: endless ? file.training.packets : Number.POSITIVE_INFINITY,
      durationNs: Number.POSITIVE_INFINITY,
    },
    sampling: parseSampling(flags),
    identity: parseIdentity(file.profile, flags),
    devices: flags.devices,
    payload: parsePayload(
      flags.payload ?? (flags.interface === undefined && flags.to !== 'raw://' ? 'pattern' : 'protocol'),
    ),
    strictSizes: flags['strict-sizes'],
    mtu: flags.mtu ?? Number.POSITIVE_INFINITY,
    oversize: flags.oversize ?? 'fragment',
    spreadNs: parseOptionalDuration(flags.spread) ?? 0,
  };
}

function destinationOf(flags: EmitFlags): Destination {
  if (flags.interface === undefined) return parseTarget(flags.to!); // one of both is given
  return { kind: 'interface', interfaceName: flags.interface, qdiscBypass: flags['qdisc-bypass'] };
}

function directionsOf({ direction, role }: EmitFlags): Directions | undefined {
  if (role === undefined) return direction;
  return role === 'device' ? 'out' : 'in';
}

/** @throws SynthError as `settledFile` and `arrivals` do */
async function readWire(path: string, plan: PacketRecord, transport: TransportSpec): Promise<WireFidelity> {
  await settledFile(path);
  return wireFidelity(plan, await arrivals(path, transport));
}

/** @throws SynthError `SYNTH_FILE_UNREADABLE` */
async function readTlsFiles(flags: EmitFlags): Promise<TlsOptions> {
  const read = (path: string | undefined) =>
    path === undefined
      ? undefined
      : readFile(path, 'utf8').catch((error: unknown) => {
          throw new SynthError('SYNTH_FILE_UNREADABLE', `${path}: ${describeSystemError(error)}`, { cause: error });
        });
  return {
    ca: await read(flags.ca),
    certificate: await read(flags.cert),
    key: await read(flags.key),
    serverName: flags['server-name'],
    verify: !flags.insecure,
  };
}
