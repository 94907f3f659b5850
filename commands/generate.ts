/** `synth generate`: from a model to synthetic packets. */
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';
import {
  fileJson,
  formatFiles,
  leftoverNote,
  parseRotation,
  resumeCommand,
  seriesFlags,
} from '../src/cli/capture/series-output.js';
import { forceFlag, seedFlag } from '../src/cli/flags.js';
import {
  drawingFlags,
  frameFlags,
  identityFlags,
  parseIdentity,
  parseSampling,
} from '../src/cli/generate/synthesis-flags.js';
import { formatTimestamp, parsePayload, parseTimestamp } from '../src/cli/parse.js';
import { withStdinAsFile } from '../src/cli/stdin.js';
import { systemClock } from '../src/clock.js';
import { SynthError } from '../src/errors.js';
import { formatBytes, formatCount, formatCounted, formatSeconds } from '../src/format.js';
import { loadModelFile } from '../src/model-files/load-model.js';
import { drawSeed } from '../src/random.js';
import { generate, OUTPUT_FORMATS, outputFormatOf } from '../src/synthesis/generate.js';
import { parseDuration } from '../src/units.js';

export default class Generate extends BaseCommand {
  static override summary = 'Generate packets that a model could have sent and received.';
  static override description =
    'Writes a capture with valid frames, or a table. Without --packets and --duration as many packets as the model was trained on. ' +
    'Addresses are those reserved for documentation unless given, or kept in the model; protocols and ports of services are those of the ' +
    'capture.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --out fake.pcap',
    '<%= config.bin %> <%= command.id %> model.safetensors --duration 10m --seed 42 --out fake.pcapng',
    '<%= config.bin %> <%= command.id %> rnn.safetensors --temperature 0.8 --top-p 0.95 --out likely.pcap',
    '<%= config.bin %> <%= command.id %> --payload protocol --devices 3 --packets 500 --out three.pcap',
    '<%= config.bin %> <%= command.id %> --duration 30m --rotate 64kB,10m --out part.pcap.gz',
    '<%= config.bin %> <%= command.id %> --packets 1000 --client-ip 10.1.2.3 --payload random --format nsecpcap --out -',
  ];
  static override args = {
    model: Args.string({ description: 'Model file; - is standard input.', default: 'model.safetensors' }),
  };
  static override flags = {
    out: Flags.string({
      char: 'o',
      summary: 'File to write (.pcap, .pcapng, .csv, .ndjson, .gz behind it to compress), or - for standard output.',
      required: true,
      helpValue: 'FILE',
    }),
    format: Flags.option({ options: OUTPUT_FORMATS })({
      summary: 'Format, where the name of the file does not tell. pcap has µs, nsecpcap and pcapng have ns timestamps.',
    }),
    packets: Flags.integer({
      char: 'n',
      summary: 'Packets to generate at most.',
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      helpValue: 'N',
    }),
    duration: Flags.string({
      char: 'd',
      summary: 'Time to cover at most: 500ms, 10s, 2m, 1h; up to 104d.',
      helpValue: 'TIME',
    }),
    seed: seedFlag(),
    ...drawingFlags,
    'start-time': Flags.string({
      summary: 'Time of the first packet: ISO 8601, or seconds since 1970, or now.',
      default: '2025-01-01T00:00:00Z',
      helpValue: 'TIME',
    }),
    payload: Flags.string({
      summary:
        'What packets carry: messages of the protocol that the port says, a pattern, zeros, random bytes, or the bytes of a file.',
      default: 'protocol',
      helpValue: 'protocol|pattern|zeros|random|FILE',
    }),
    ...identityFlags,
    ...frameFlags,
    ...seriesFlags,
    force: forceFlag,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Generate);
    this.requireOneStdout(flags.out);
    const format = flags.format ?? outputFormatOf(flags.out);
    const durationNs = flags.duration === undefined ? undefined : parseDuration(flags.duration);
    const startNs = flags['start-time'] === 'now' ? systemClock.wallNs() : parseTimestamp(flags['start-time']);
    const sampling = parseSampling(flags);
    const payload = parsePayload(flags.payload);
    const seed = flags.seed ?? drawSeed();
    requireRepeatable(flags);
    const fixed = {
      '--seed': seed,
      ...(flags['start-time'] === 'now' && { '--start-time': formatTimestamp(startNs) }),
    };
    const rotation = parseRotation(flags, resumeCommand(this, fixed));
    const file = await withStdinAsFile([args.model], this.signal, ([model]) => loadModelFile(model!));
    const limit = {
      packets: flags.packets ?? (durationNs === undefined ? file.training.packets : Number.POSITIVE_INFINITY),
      durationNs: durationNs ?? Number.POSITIVE_INFINITY,
    };
    const identity = parseIdentity(file.profile, flags);
    const progress = this.progress('generating');
    const written = await generate(file, {
      out: flags.out,
      format,
      force: flags.force,
      rotation,
      seed,
      limit,
      sampling,
      startNs,
      identity,
      devices: flags.devices,
      payload,
      strictSizes: flags['strict-sizes'],
      mtu: flags.mtu ?? Number.POSITIVE_INFINITY,
      oversize: flags.oversize ?? 'fragment',
      inputs: [...(args.model === '-' ? [] : [args.model]), ...(typeof payload === 'string' ? [] : [payload.file])],
      signal: this.signal,
      onProgress: (packets, offsetNs) =>
        progress.update(
          Math.max(packets / limit.packets, offsetNs / limit.durationNs),
          `${formatCount(packets)} packets`,
        ),
    }).finally(() => progress.stop());
    const { packets, outboundPackets, bytes, spanNs, conversations, forcedFrames, files, leftover } = written;
    const of = conversations === null ? '' : ` of ${formatCounted(conversations, 'conversation')}`;
    this.note(
      `${formatCount(packets)} packets (${formatCount(outboundPackets)} out)${of}, ${formatBytes(bytes)}, ` +
        `${formatSeconds(spanNs / 1e9)} of ${format} → ${formatFiles(files)}; seed ${seed}${
          sampling ? `, temperature ${sampling.temperature}, top-p ${sampling.topP}` : ''
        }`,
    );
    if (forcedFrames > 0) {
      const what = flags.mtu === undefined ? 'that TCP needs' : 'that TCP needs or the MTU cuts off';
      const how = flags['strict-sizes'] ? '' : '; --strict-sizes leaves out what TCP needs';
      this.note(`and ${formatCounted(forcedFrames, 'frame')} beside them ${what}${how}`);
    }
    for (const text of leftoverNote(leftover)) this.note(text);
    return {
      out: flags.out,
      format,
      seed,
      ...sampling,
      packets,
      outboundPackets,
      bytes,
      spanSeconds: spanNs / 1e9,
      devices: flags.devices,
      conversations,
      forcedFrames,
      files: files.map(fileJson),
      leftover,
      modelHash: file.hash,
    };
  }
}

/** A series can only be gone on with by what gives the same bytes. @throws SynthError `SYNTH_USAGE` */
function requireRepeatable(flags: {
  readonly resume?: boolean | undefined;
  readonly seed?: string | undefined;
  readonly 'start-time': string;
}): void {
  if (!flags.resume || (flags.seed !== undefined && flags['start-time'] !== 'now')) return;
  throw new SynthError('SYNTH_USAGE', '--resume needs the --seed and the --start-time of the first time', {
    hint: 'The run that ended early has printed the command that goes on with it.',
  });
}
