/**
 * @module
 * The way in: one or several captures, merged by time, packet by packet, with an account at the end. Everything that looks
 * into a capture comes through `readCaptures`.
 */
import { SynthError, throwIfInterrupted } from '../errors.js';
import {
  CaptureFile,
  type CaptureFileReport,
  type CaptureInput,
  type CaptureWarning,
  type ReadProgress,
  unsupportedLinkType,
} from './capture-file.js';
import { decode } from './decode.js';
import { Packet } from './packet.js';
import { SKIP, skippedLinkType, skipReasonName } from './skip-reason.js';

/** Frames without an IP packet, by reason. */
export interface SkippedFrames {
  readonly reason: string;
  readonly packets: number;
}

/** The account of a reading. */
export interface CaptureReport {
  readonly files: readonly CaptureFileReport[];
  /** Records in all files. */
  readonly packets: number;
  /** Bytes of all frames on the wire. */
  readonly bytes: number;
  /** Frames that hold an IP packet, of those that were decoded. */
  readonly ipPackets: number;
  /** Most frequent first. */
  readonly skipped: readonly SkippedFrames[];
  /** Of all files, each message with the name of its file. */
  readonly warnings: readonly CaptureWarning[];
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after every read from a file. */
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
  /** False for a packet that the caller certainly does not want, by its bytes as they are: it is counted and not decoded. */
  readonly mayMatter?: ((packet: Packet) => boolean) | undefined;
  /** Waited for before every read from a file: the place to hand on what has been collected since. */
  readonly drain?: (() => Promise<void>) | undefined;
  /** Asked before every read from a file: true ends the reading there, as if the files were no longer. */
  readonly enough?: (() => boolean) | undefined;
}

/** With many files at once each gets a smaller window. */
const WINDOW_BYTES = { few: 1024 * 1024, many: 256 * 1024 };
const MANY_FILES = 8;

/**
 * Reads captures and hands every frame to `onPacket`, decoded; also those without IP, whose `skip` says why.
 *
 * @param onPacket gets the same object every time; what it wants to keep it copies
 * @throws SynthError when a file cannot be read at all (`SYNTH_FILE_UNREADABLE`, `SYNTH_CAPTURE_*`) or holds no packet
 * (`SYNTH_CAPTURE_EMPTY`), or when no frame has a link type that can be decoded (`SYNTH_CAPTURE_LINK_TYPE`)
 */
export async function readCaptures(
  inputs: readonly CaptureInput[],
  onPacket: (packet: Packet) => void,
  options: ReadOptions = {},
): Promise<CaptureReport> {
  const files: CaptureFile[] = [];
  const skipped = new Map<number, number>();
  let decoded = 0;
  const { mayMatter } = options;
  const take = (packet: Packet) => {
    if (mayMatter !== undefined && !mayMatter(packet)) return;
    decode(packet);
    if (packet.skip === SKIP.decoded) decoded++;
    else skipped.set(packet.skip, (skipped.get(packet.skip) ?? 0) + 1);
    onPacket(packet);
  };
  try {
    const windowBytes = inputs.length > MANY_FILES ? WINDOW_BYTES.many : WINDOW_BYTES.few;
    for (const input of inputs) {
      throwIfInterrupted(options.signal, 'reading');
      files.push(await CaptureFile.open(input, windowBytes, options.signal));
    }
    if (files.length === 1) await readOne(files[0]!, take, options);
    else await readMerged(files, take, options);
    const reports = files.map((file) => file.report);
    if (reports.every(({ packets }) => packets === 0)) throw withoutPackets(reports[0]!);
    return summarize(reports, skipped, decoded);
  } catch (error) {
    // What an abort closed may look damaged or cut.
    throwIfInterrupted(options.signal, 'reading');
    throw error;
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

async function readOne(file: CaptureFile, take: (packet: Packet) => void, options: ReadOptions): Promise<void> {
  const packet = new Packet();
  do {
    throwIfInterrupted(options.signal, 'reading');
    file.takeAll(packet, take);
    options.onProgress?.(file.progress);
    await options.drain?.();
  } while (!options.enough?.() && (await file.advance()));
}

/** A merge of sequences: always the earliest of the next packets; at equal times the file named first. */
async function readMerged(
  files: readonly CaptureFile[],
  take: (packet: Packet) => void,
  options: ReadOptions,
): Promise<void> {
  const heads: { file: CaptureFile; packet: Packet }[] = [];
  const advance = async (file: CaptureFile, packet: Packet): Promise<boolean> => {
    while (!file.next(packet)) {
      throwIfInterrupted(options.signal, 'reading');
      await options.drain?.();
      if (!(await file.advance())) return false;
      options.onProgress?.(totalProgress(files));
    }
    return true;
  };
  for (const file of files) {
    const packet = new Packet();
    if (await advance(file, packet)) heads.push({ file, packet });
  }
  while (heads.length > 0 && !options.enough?.()) {
    let first = 0;
    for (let i = 1; i < heads.length; i++) {
      if (isBefore(heads[i]!.packet, heads[first]!.packet)) first = i;
    }
    const { file, packet } = heads[first]!;
    take(packet);
    if (!file.next(packet) && !(await advance(file, packet))) heads.splice(first, 1);
  }
}

function isBefore(a: Packet, b: Packet): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nanoseconds < b.nanoseconds);
}

function totalProgress(files: readonly CaptureFile[]): ReadProgress {
  let bytes = 0;
  let totalBytes: number | undefined = 0;
  for (const { progress } of files) {
    bytes += progress.bytes;
    totalBytes =
      totalBytes === undefined || progress.totalBytes === undefined ? undefined : totalBytes + progress.totalBytes;
  }
  return { bytes, totalBytes };
}

/** The error of a reading in which no file has a packet. */
function withoutPackets(report: CaptureFileReport): SynthError {
  const cut = report.warnings.find(({ offset }) => offset !== undefined);
  if (cut?.code === 'SYNTH_CAPTURE_DAMAGED' || cut?.code === 'SYNTH_CAPTURE_TRUNCATED') {
    return new SynthError(cut.code, `${report.path}: ${cut.message}`);
  }
  return new SynthError('SYNTH_CAPTURE_EMPTY', `${report.path}: a valid ${report.format} file that holds no packets`, {
    hint: 'Nothing was captured: check the interface and the filter of the capture.',
  });
}

function summarize(
  files: readonly CaptureFileReport[],
  skipped: ReadonlyMap<number, number>,
  ipPackets: number,
): CaptureReport {
  const reasons = [...skipped].sort(([a, packetsA], [b, packetsB]) => packetsB - packetsA || a - b);
  const packets = files.reduce((sum, file) => sum + file.packets, 0);
  const warnings = files.flatMap((file) =>
    file.warnings.map((warning) => ({ ...warning, message: `${file.path}: ${warning.message}` })),
  );
  const unsupported = reasons.flatMap(([reason, count]) => {
    const linkType = skippedLinkType(reason);
    return linkType === undefined ? [] : [{ linkType, count }];
  });
  if (unsupported.length > 0) {
    const linkTypes = unsupported.map(({ linkType }) => linkType);
    const count = unsupported.reduce((sum, { count }) => sum + count, 0);
    if (count === packets) throw unsupportedLinkType(files.map(({ path }) => path).join(', '), linkTypes);
    warnings.push({
      code: 'SYNTH_CAPTURE_LINK_TYPE',
      message: `${count} packets on interfaces of link type ${linkTypes.join(', ')}, which is not supported`,
      packets: count,
    });
  }
  return {
    files,
    packets,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    ipPackets,
    skipped: reasons.map(([reason, count]) => ({ reason: skipReasonName(reason), packets: count })),
    warnings,
  };
}
