/** `synth sink`: receives, counts, measures, answers, and writes down what has arrived. */
import { readFile } from 'node:fs/promises';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';
import { sinkView } from '../src/cli/emit/sink-view.js';
import { forceFlag, seedFlag } from '../src/cli/flags.js';
import { PRECISIONS } from '../src/emission/waiter.js';
import { describeSystemError, SynthError } from '../src/errors.js';
import { formatBytes, formatCount } from '../src/format.js';
import { FRAMINGS } from '../src/host/transport-spec.js';
import { loadModelFile } from '../src/model-files/load-model.js';
import { requireWritable, writeOutput } from '../src/output-file.js';
import { drawSeed } from '../src/random.js';
import type { DialogueOptions } from '../src/sink/dialogue.js';
import { parseListen } from '../src/sink/listen-address.js';
import { runSink, type SinkOutput } from '../src/sink/sink.js';
import { OUTPUT_FORMATS, outputFormatOf } from '../src/synthesis/generate.js';
import { parseDuration } from '../src/units.js';

export default class Sink extends BaseCommand {
  static override summary = 'Receive what synth emit or a device sends: count, measure, answer, and write it down.';
  static override description =
    'Listens until a limit is reached, or until Ctrl-C. Each remote endpoint is a source of its own. With --stamp the first bytes of ' +
    'payloads tell what was lost and how late it came; with --model and --reply the sink answers with the inbound packets of the ' +
    'model, which are those of synth emit MODEL --role device with the same seed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --listen udp://127.0.0.1:8000 --out arrived.csv',
    '<%= config.bin %> <%= command.id %> --listen udp://127.0.0.1:8000,tcp://[::1]:9000 --stamp --idle 2s --json',
    '<%= config.bin %> <%= command.id %> --listen tcp://127.0.0.1:9000 --packets 1000 --out arrived.pcapng',
    '<%= config.bin %> <%= command.id %> --listen udp://127.0.0.1:8000 --model model.safetensors --reply --seed 42',
  ];
  static override flags = {
    listen: Flags.string({
      char: 'l',
      summary: 'Where to listen; port 0 is any free one. May be given several times.',
      required: true,
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'udp://IP:PORT,tcp://…,tls://…,unix://PATH',
    }),
    framing: Flags.option({ options: FRAMINGS })({
      summary: 'How messages are told apart in streams: each begins with its length, or each chunk is one.',
      default: 'length',
    }),
    cert: Flags.string({ summary: 'Certificate for tls, PEM.', dependsOn: ['key'], helpValue: 'FILE' }),
    key: Flags.string({ summary: 'Its private key, PEM.', dependsOn: ['cert'], helpValue: 'FILE' }),
    stamp: Flags.boolean({
      summary: 'Payloads begin with sequence and time, as synth emit --stamp writes them.',
      default: false,
    }),
    duration: Flags.string({ char: 'd', summary: 'End after this time.', helpGroup: 'END', helpValue: 'TIME' }),
    packets: Flags.integer({
      char: 'n',
      summary: 'End after so many packets.',
      min: 1,
      helpGroup: 'END',
      helpValue: 'N',
    }),
    idle: Flags.string({
      summary: 'End when something has come, and then nothing for so long.',
      helpGroup: 'END',
      helpValue: 'TIME',
    }),
    out: Flags.string({
      char: 'o',
      summary:
        'Write down what arrives: .pcap, .pcapng, .csv, .ndjson, .gz behind it to compress; - is standard output.',
      helpGroup: 'OUTPUT',
      helpValue: 'FILE',
    }),
    format: Flags.option({ options: OUTPUT_FORMATS })({
      summary: 'Format, where the name of the file does not tell. pcap has µs, nsecpcap and pcapng have ns timestamps.',
      dependsOn: ['out'],
      helpGroup: 'OUTPUT',
    }),
    'per-source': Flags.boolean({
      summary: 'A file for each source, or with --stamp for each device: arrived-1.csv and so on.',
      dependsOn: ['out'],
      helpGroup: 'OUTPUT',
    }),
    summary: Flags.string({ summary: 'Write what --json prints into a file.', helpGroup: 'OUTPUT', helpValue: 'FILE' }),
    force: forceFlag,
    model: Flags.string({
      summary: 'Model whose inbound packets are the replies.',
      dependsOn: ['reply'],
      helpGroup: 'DIALOGUE',
      helpValue: 'FILE',
    }),
    reply: Flags.boolean({
      summary: 'Answer each source as the peer of the device that it plays.',
      dependsOn: ['model'],
      helpGroup: 'DIALOGUE',
    }),
    seed: seedFlag({
      summary: 'Seed of the device, so that both ends play the same. Default: a fresh one, which is printed.',
      dependsOn: ['reply'],
      helpGroup: 'DIALOGUE',
    }),
    'model-packets': Flags.integer({
      summary:
        'Packets of each device, both directions. Default: as many as the model was trained on, as synth emit does.',
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      dependsOn: ['reply'],
      helpGroup: 'DIALOGUE',
      helpValue: 'N',
    }),
    'model-duration': Flags.string({
      summary: 'Time that they cover, like --duration of synth emit.',
      dependsOn: ['reply'],
      helpGroup: 'DIALOGUE',
      helpValue: 'TIME',
    }),
    precision: Flags.option({ options: PRECISIONS })({
      summary: 'How exactly replies are on time: by the timer, by waiting a little, or by a processor of their own.',
      default: 'fine',
      helpGroup: 'DIALOGUE',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Sink);
    if (flags.out !== undefined) this.requireOneStdout(flags.out);
    const listen = parseListen(flags.listen);
    const limit = parseLimit(flags);
    const seed = flags.seed ?? drawSeed();
    const inputs = [flags.model, flags.cert, flags.key].filter((path) => path !== undefined);
    const output = parseOutput(flags, inputs);
    if (flags.summary !== undefined && flags.summary === flags.out) {
      throw new SynthError('SYNTH_USAGE', '--out and --summary name the same file');
    }
    if (flags.summary !== undefined) await requireWritable(flags.summary, { force: flags.force, inputs });
    const dialogue = flags.model === undefined ? undefined : await loadDialogue(flags.model, seed, flags);
    if (dialogue !== undefined && flags.seed === undefined) this.note(`seed ${seed}`);
    const progress = this.progress('receiving');
    const report = await runSink({
      listen,
      framing: flags.framing,
      identity: await readIdentity(flags.cert, flags.key),
      stamp: flags.stamp,
      output,
      dialogue,
      limit,
      signal: this.signal,
      onListening: (url) => this.note(`Listening on ${url}`),
      onProgress: (packets, bytes, seconds) =>
        progress.update(
          Math.max(packets / limit.packets, (seconds * 1e9) / limit.durationNs),
          `${formatCount(packets)} packets, ${formatBytes(bytes)}`,
        ),
    }).finally(() => progress.stop());
    const result = { ...report, seed: dialogue === undefined ? null : seed };
    if (flags.summary !== undefined) {
      const text = `${JSON.stringify(this.toSuccessJson(result), null, 2)}\n`;
      await writeOutput(flags.summary, new TextEncoder().encode(text), { force: flags.force, inputs });
    }
    this.note(sinkView(report));
    const isLimited = Object.values(limit).some(Number.isFinite);
    if (report.endedBy === 'signal' && isLimited) {
      this.failWithResult(new SynthError('SYNTH_INTERRUPTED', 'interrupted before a limit was reached'));
    }
    return result;
  }
}

interface LimitFlags {
  readonly duration?: string | undefined;
  readonly packets?: number | undefined;
  readonly idle?: string | undefined;
}

const durationOrNone = (text: string | undefined): number =>
  text === undefined ? Number.POSITIVE_INFINITY : parseDuration(text);

/** @throws SynthError `SYNTH_USAGE` */
const parseLimit = ({ duration, packets, idle }: LimitFlags) => ({
  durationNs: durationOrNone(duration),
  packets: packets ?? Number.POSITIVE_INFINITY,
  idleNs: durationOrNone(idle),
});

interface OutputFlags {
  readonly out?: string | undefined;
  readonly format?: SinkOutput['format'] | undefined;
  readonly force: boolean;
  readonly 'per-source'?: boolean | undefined;
}

/** @throws SynthError `SYNTH_USAGE` for a name that does not tell its format */
function parseOutput({ out, format, force, 'per-source': perSource = false }: OutputFlags, inputs: readonly string[]) {
  if (out === undefined) return undefined;
  return { path: out, format: format ?? outputFormatOf(out), force, perSource, inputs };
}

interface DialogueFlags {
  readonly precision: DialogueOptions['precision'];
  readonly 'model-packets'?: number | undefined;
  readonly 'model-duration'?: string | undefined;
}

/** @throws SynthError as `loadModelFile` does */
async function loadDialogue(path: string, seed: string, flags: DialogueFlags): Promise<DialogueOptions> {
  const durationNs = durationOrNone(flags['model-duration']);
  const file = await loadModelFile(path);
  const packets =
    flags['model-packets'] ?? (Number.isFinite(durationNs) ? Number.POSITIVE_INFINITY : file.training.packets);
  return { file, seed, limit: { packets, durationNs }, precision: flags.precision };
}

/** @throws SynthError `SYNTH_FILE_UNREADABLE` */
async function readIdentity(certificate: string | undefined, key: string | undefined) {
  if (certificate === undefined || key === undefined) return undefined;
  const read = (path: string) =>
    readFile(path).catch((error) => {
      throw new SynthError('SYNTH_FILE_UNREADABLE', `${path}: ${describeSystemError(error)}`, { cause: error });
    });
  return { certificate: await read(certificate), key: await read(key) };
}
