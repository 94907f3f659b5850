/**
 * @module
 * What rewritten captures are written as: the one place that knows what stands in a file besides the frames.
 */
import { CaptureWriter, captureFormatOf, type WrittenCaptureFormat } from '../capture/capture-writer.js';
import { SynthError } from '../errors.js';
import { uncompressedName } from '../output/output-name.js';
import type { SerialOutput } from '../output-file.js';
import { packageVersion } from '../version.js';
import { option, wording } from '../wording.js';

/** The format that the name of a file asks for, compressed or not; pcap for standard output and devices. @throws SynthError `SYNTH_USAGE` */
export function rewriteFormatOf(path: string): WrittenCaptureFormat {
  if (path === '-' || path.startsWith('/dev/')) return 'pcap';
  const format = captureFormatOf(uncompressedName(path));
  if (format) return format;
  throw new SynthError('SYNTH_USAGE', `${path}: the name does not tell the format`, {
    hint: wording`End it in .pcap or .pcapng, with .gz behind it to compress, or give ${option('format')} pcap|nsecpcap|pcapng.`,
  });
}

export function captureWriterFor(output: SerialOutput, format: WrittenCaptureFormat): CaptureWriter {
  const application = `synth ${packageVersion}`;
  return new CaptureWriter(output, { format, linkType: undefined, application, comment: 'Rewritten capture.' });
}
