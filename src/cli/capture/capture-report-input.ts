/**
 * @module
 * What an inspection puts into its report: the survey, and the packets of one target.
 */
import type { NamedPath } from '../../capture/capture-file.js';
import { isoTime } from '../../format.js';
import type { CaptureReportInput } from '../../report/capture-report.js';
import { loadSeries } from '../../series/load.js';
import type { Survey } from '../../series/survey.js';
import { formatTarget, type Target } from '../../series/target.js';
import { packageVersion } from '../../version.js';

export interface CaptureReportContext {
  readonly command: string;
  readonly limit: number;
  /** ns since the Unix epoch. */
  readonly created: bigint;
  readonly signal: AbortSignal;
}

/**
 * @param target what to draw; undefined for the busiest device, or for nothing where there is none
 * @throws SynthError `SYNTH_TARGET_NOT_FOUND` if the target was named and is not there
 */
export async function captureReportInput(
  files: readonly NamedPath[],
  survey: Survey,
  target: Target | undefined,
  { command, limit, created, signal }: CaptureReportContext,
): Promise<CaptureReportInput> {
  const chosen = target ?? survey.devices[0]?.target;
  const series = chosen && (await loadSeries(files, chosen, { signal })).series[0];
  const notes = chosen && !target ? [`No --device or --flow: showing the busiest device, ${formatTarget(chosen)}`] : [];
  return {
    survey,
    limit,
    target: chosen && series ? { name: formatTarget(chosen), series } : null,
    ...{ command, notes, version: packageVersion, created: isoTime(created) },
  };
}
