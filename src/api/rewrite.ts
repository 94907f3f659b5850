/**
 * @module
 * From captures to a capture: another time, other addresses, fewer packets.
 */
import { drawKey } from '../random.js';
import type { AddressChange } from '../rewrite/address-change.js';
import { parseAddressMaps, parseMacMaps } from '../rewrite/address-map.js';
import { readAnonymizationKey } from '../rewrite/anonymization-key.js';
import { Anonymizer } from '../rewrite/anonymizer.js';
import { rewriteFormatOf } from '../rewrite/capture-output.js';
import { CRYPTO_PAN_KEY_BYTES } from '../rewrite/crypto-pan.js';
import { type FrameChangeOptions, SAME_FRAMES } from '../rewrite/frame-change.js';
import { ALL_PACKETS, type PacketRangeOptions } from '../rewrite/packet-range.js';
import { type Rewritten, rewriteCaptures } from '../rewrite/rewrite.js';
import { SAME_TIMES, type TimeChangeOptions } from '../rewrite/time-change.js';
import { type ExtractedTable, extractToTable } from '../series/extract-to-table.js';
import type { TableFormat } from '../series/table-reader.js';
import { given, pathsOf, type TargetOptions, targetOf } from './inputs.js';

/** A file to write. */
interface OutOptions {
  /** `-` is standard output. */
  readonly out: string;
  /** Writes over a file that exists. Default: false. */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RewriteOptions extends TargetOptions, OutOptions {
  /** Maps addresses and networks: `['192.168.1.0/24=10.0.0.0/24']`; and MAC addresses. */
  readonly map?: readonly string[] | undefined;
  readonly mapMac?: readonly string[] | undefined;
  /** Replaces all addresses (Crypto-PAn) and erases payload: with a fresh key, or with the key of a file, or 64 hex digits. */
  readonly anonymize?: boolean | { readonly key: string } | undefined;
  /** Packets to keep. Default: all. */
  readonly range?: Partial<PacketRangeOptions> | undefined;
  /** Default: times stay. */
  readonly time?: Partial<TimeChangeOptions> | undefined;
  /** Further changes of frames: VLANs, ports, checksums, length. */
  readonly frames?: Partial<Omit<FrameChangeOptions, 'addresses' | 'erasePayload'>> | undefined;
}

/**
 * Writes captures anew, as pcap or pcapng by the name of `out`. Without a target all frames are kept.
 *
 * @throws SynthError `SYNTH_OUTPUT_EXISTS`, `SYNTH_OUTPUT_FAILED`, `SYNTH_USAGE`, and others of bad input
 * @example
 * await rewrite('capture.pcap', { out: 'shared.pcap', anonymize: true });
 */
export async function rewrite(captures: string | readonly string[], options: RewriteOptions): Promise<Rewritten> {
  const { out, force = false, signal, map = [], mapMac = [], anonymize = false, range, time, frames } = options;
  const addresses: AddressChange[] = [];
  if (map.length > 0) addresses.push(parseAddressMaps(map));
  if (mapMac.length > 0) addresses.push(parseMacMaps(mapMac));
  if (anonymize !== false) {
    const key = anonymize === true ? drawKey(CRYPTO_PAN_KEY_BYTES) : await readAnonymizationKey(anonymize.key);
    addresses.push(new Anonymizer(key, { keepOui: false }));
  }
  return rewriteCaptures(pathsOf(captures), {
    ...{ out, force, signal, payloadOnly: false },
    format: rewriteFormatOf(out),
    target: targetOf(options),
    range: { ...ALL_PACKETS, ...given(range) },
    time: { ...SAME_TIMES, ...given(time) },
    frames: { ...SAME_FRAMES, ...given(frames), addresses, erasePayload: anonymize !== false },
  });
}

export interface ExtractOptions extends TargetOptions, OutOptions {
  /** Default: what the name of the file says. */
  readonly format?: TableFormat | undefined;
  /** Takes packets with payload alone. Default: false. */
  readonly payloadOnly?: boolean | undefined;
}

/**
 * Writes the packets of a device or a flow into a table of times, sizes and directions: CSV or NDJSON.
 *
 * @throws SynthError `SYNTH_TARGET_NOT_FOUND`, `SYNTH_OUTPUT_EXISTS`, `SYNTH_USAGE`, and others of bad input
 */
export function extract(captures: string | readonly string[], options: ExtractOptions): Promise<ExtractedTable> {
  const { out, force = false, signal, format, payloadOnly = false } = options;
  return extractToTable(pathsOf(captures), targetOf(options), { out, force, signal, format, payloadOnly });
}
