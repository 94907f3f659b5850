/**
 * @module
 * From captures to the series of a target, in memory or streamed. End of the first half of the way of the data.
 */
import type { CaptureInput } from '../capture/capture-file.js';
import { type CaptureReport, type ReadOptions, readCaptures } from '../capture/read-captures.js';
import { SynthError } from '../errors.js';
import type { PacketSeries } from '../packets/packet-series.js';
import { SeriesBuilder } from '../packets/series-builder.js';
import { action, wording } from '../wording.js';
import { createSelector, type SelectedPacketHandler, type SelectOptions, type Selector } from './select.js';
import { formatTarget, type Target } from './target.js';

export interface ExtractOptions extends ReadOptions {
  /** Leaves out packets that carry no transport payload. Default false. */
  readonly payloadOnly?: boolean;
}

export interface Extraction {
  readonly report: CaptureReport;
  /** Packets of the target. */
  readonly packets: number;
  /** Later fragments left out because the first fragment, which has the ports, is not in the capture. */
  readonly orphanFragments: number;
}

export interface SeriesExtraction extends Extraction {
  readonly series: PacketSeries;
}

/**
 * Hands every packet of a target to `onPacket` in the order of the captures, holding none of them. It gets the same object each time.
 *
 * @throws SynthError as `readCaptures` does, and `SYNTH_TARGET_NOT_FOUND` if the target has no packet
 */
export async function streamTarget(
  inputs: readonly CaptureInput[],
  target: Target,
  onPacket: SelectedPacketHandler,
  options: ExtractOptions = {},
): Promise<Extraction> {
  return (await select(inputs, target, onPacket, options)).extraction;
}

/**
 * The series of a target, in the order of time.
 *
 * @throws SynthError as `readCaptures` does, and `SYNTH_TARGET_NOT_FOUND` if the target has no packet
 */
export async function extractSeries(
  inputs: readonly CaptureInput[],
  target: Target,
  options: ExtractOptions = {},
): Promise<SeriesExtraction> {
  const builder = new SeriesBuilder();
  const { extraction, selector } = await select(
    inputs,
    target,
    ({ packet: { seconds, nanoseconds, sizeBytes }, outbound, conversation, marks }) =>
      builder.append(seconds, nanoseconds, sizeBytes, outbound, conversation, marks),
    options,
  );
  return { ...extraction, series: builder.build(selector.conversations()) };
}

async function select(
  inputs: readonly CaptureInput[],
  target: Target,
  onPacket: SelectedPacketHandler,
  options: ExtractOptions,
): Promise<{ extraction: Extraction; selector: Selector }> {
  const selectOptions: SelectOptions = { payloadOnly: options.payloadOnly ?? false };
  let packets = 0;
  const selector = createSelector(target, selectOptions, (selected) => {
    packets++;
    onPacket(selected);
  });
  const report = await readCaptures(inputs, (packet) => selector.take(packet), {
    ...options,
    mayMatter: (packet) => selector.mayMatter(packet),
  });
  selector.finish();
  if (packets === 0) {
    const names = inputs.map(({ name }) => name).join(', ');
    const what = selectOptions.payloadOnly ? 'packet with payload' : 'packet';
    const message = `${names}: no ${what} of ${target.kind} ${formatTarget(target)} among ${report.packets} packets`;
    throw new SynthError('SYNTH_TARGET_NOT_FOUND', message, {
      hint: wording`List what is there with: ${action('inspectCapture')}`,
    });
  }
  return { extraction: { report, packets, orphanFragments: selector.orphanFragments }, selector };
}
