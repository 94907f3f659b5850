/**
 * @module
 * Captures and tables: what is in them, and the packets of a target as columns.
 */
import { type CaptureInput, captureInput } from '../capture/capture-file.js';
import { type LoadedSeries, loadSeries } from '../series/load.js';
import { type Survey, surveyCaptures } from '../series/survey.js';
import { pathsOf, type TargetOptions, targetOf } from './inputs.js';

const inputsOf = (captures: string | readonly string[]): readonly CaptureInput[] => pathsOf(captures).map(captureInput);

/**
 * What is in captures: devices and flows with packets, bytes and span, and what was skipped.
 *
 * @throws SynthError `SYNTH_FILE_UNREADABLE`, `SYNTH_CAPTURE_INVALID` and others of bad input
 */
export const inspect = (
  captures: string | readonly string[],
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Survey> => surveyCaptures(inputsOf(captures), options);

export interface ReadSeriesOptions extends TargetOptions {
  /** Takes packets with payload alone. Default: false. */
  readonly payloadOnly?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The packets of a device or a flow as columns: `series[0]`; of several tables a series each.
 *
 * @throws SynthError `SYNTH_FILE_UNREADABLE`, `SYNTH_TARGET_NOT_FOUND` and others of bad input
 */
export const readSeries = (
  files: string | readonly string[],
  options: ReadSeriesOptions = {},
): Promise<LoadedSeries> => {
  const { payloadOnly = false, signal } = options;
  return loadSeries(pathsOf(files), targetOf(options), { payloadOnly, signal });
};
