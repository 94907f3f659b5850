/**
 * @module
 * What the name of an output says about it besides its format: whether it is compressed, and what its parts are called.
 */
import { SynthError } from '../errors.js';
import { option, wording } from '../wording.js';

/** Of formats that Node.js 20 cannot write. */
const REFUSED_COMPRESSION = /\.(zst|zstd|xz|bz2|lz4)$/i;
const GZIP = /\.gz$/i;
/** What stands behind the last dot of a name that does not begin with it. */
const ENDING = /(?<=[^/\\])\.[^./\\]+$/;
/** As in tcpdump, dumpcap and editcap: enough that names sort like numbers up to 99 999 files. */
const NUMBER_DIGITS = 5;

/** Whether what is written to a file of this name shall be compressed by gzip. @throws SynthError `SYNTH_USAGE` for another compression */
export function isGzipName(path: string): boolean {
  const refused = REFUSED_COMPRESSION.exec(path);
  if (refused) {
    throw new SynthError('SYNTH_USAGE', `${path}: synth compresses by gzip only, not to ${refused[0]}`, {
      hint: wording`End the name in .gz, or write to standard output, ${option('out', '-')}, and into a compressor.`,
    });
  }
  return GZIP.test(path);
}

/** The name without `.gz`. @throws SynthError `SYNTH_USAGE` for another compression */
export const uncompressedName = (path: string): string => (isGzipName(path) ? path.replace(GZIP, '') : path);

/** `folder/out.pcap.gz` and 1 give `folder/out_00001.pcap.gz`. */
export function numberedName(path: string, number: number): string {
  const plain = uncompressedName(path);
  const stem = plain.slice(0, ENDING.exec(plain)?.index);
  return `${stem}_${String(number).padStart(NUMBER_DIGITS, '0')}${path.slice(stem.length)}`;
}
