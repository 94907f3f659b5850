/**
 * @module
 * Opens the file into which captures are rewritten: the one place that knows what is written besides the frames.
 */
import { CaptureWriter, captureFormatOf, type WrittenCaptureFormat } from '../capture/capture-writer.js';
import { SynthError } from '../errors.js';
import { type Output, type OutputOptions, openOutput } from '../output-file.js';
import { packageVersion } from '../version.js';

export interface CaptureOutputOptions extends OutputOptions {
  readonly format: WrittenCaptureFormat;
}

/** The format that the name of a file asks for; pcap for standard output and devices. @throws SynthError `SYNTH_USAGE` */
export function rewriteFormatOf(path: string): WrittenCaptureFormat {
  if (path === '-' || path.startsWith('/dev/')) return 'pcap';
  const format = captureFormatOf(path);
  if (format) return format;
  throw new SynthError('SYNTH_USAGE', `${path}: the name does not tell the format`, {
    hint: 'End it in .pcap or .pcapng, or give --format pcap|nsecpcap|pcapng.',
  });
}

/** @throws SynthError as `openOutput` does */
export async function openCapture(
  path: string,
  { format, ...options }: CaptureOutputOptions,
): Promise<{ output: Output; writer: CaptureWriter }> {
  const output = await openOutput(path, options);
  const application = `synth ${packageVersion}`;
  const writer = new CaptureWriter(output, { format, linkType: undefined, application, comment: 'Rewritten capture.' });
  return { output, writer };
}
