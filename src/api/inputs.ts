/**
 * @module
 * What all functions of the public API are given: files, a target, durations, models.
 */
import { SynthError } from '../errors.js';
import { loadModelFile } from '../model-files/load-model.js';
import type { LoadedModelFile } from '../model-files/model-file.js';
import { parseDevice, parseFlow, type Target } from '../series/target.js';
import { parseDuration } from '../units.js';

/** Whose packets of a capture to take. With neither, the busiest device is taken. */
export interface TargetOptions {
  /** A MAC, IPv4 or IPv6 address, such as `44:65:0d:56:cc:d3`. */
  readonly device?: string | undefined;
  /** Protocol and both endpoints, such as `UDP 192.168.0.102:18826 192.168.0.105:26454`. */
  readonly flow?: string | undefined;
}

/** A duration as text, such as `'500ms'` or `'10m'`, or in seconds. */
export type Duration = string | number;

/** @throws SynthError `SYNTH_USAGE` for both a device and a flow, `SYNTH_TARGET_INVALID` */
export function targetOf({ device, flow }: TargetOptions): Target | undefined {
  if (device !== undefined && flow !== undefined) {
    throw new SynthError('SYNTH_USAGE', 'a target is a device or a flow, not both');
  }
  if (device !== undefined) return parseDevice(device);
  return flow === undefined ? undefined : parseFlow(flow);
}

/** In ns; infinite where it is left out. @throws SynthError `SYNTH_USAGE` */
export function durationNsOf(duration: Duration | undefined): number {
  if (duration === undefined) return Number.POSITIVE_INFINITY;
  if (typeof duration === 'string') return parseDuration(duration);
  if (duration > 0) return duration * 1e9;
  throw new SynthError('SYNTH_USAGE', `a duration of ${duration} seconds; it has to be above 0`);
}

export const pathsOf = (paths: string | readonly string[]): readonly string[] =>
  typeof paths === 'string' ? [paths] : paths;

/** @param model the path of a model file, or a model */
export const modelOf = async (model: string | LoadedModelFile): Promise<LoadedModelFile> =>
  typeof model === 'string' ? loadModelFile(model) : model;
