/**
 * @module
 * What all functions of the public API are given: files, a target, durations, models.
 */
import { SynthError } from '../errors.js';
import { loadModelFile } from '../model-files/load-model.js';
import type { LoadedModel } from '../model-files/model-file.js';
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

/** @param what they are, for the error. @throws SynthError `SYNTH_USAGE` for none */
export function pathsOf(paths: string | readonly string[], what = 'file'): readonly string[] {
  const list = typeof paths === 'string' ? [paths] : paths;
  if (list.length > 0) return list;
  throw new SynthError('SYNTH_USAGE', `no ${what} is given`);
}

/** A whole number of at least `least`, where it is given. @throws SynthError `SYNTH_USAGE` */
export function requireWhole(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw new SynthError('SYNTH_USAGE', `\`${name}\` is ${value}; it has to be a whole number from ${least} on`);
}

/** A share from 0 to below 1, where it is given. @throws SynthError `SYNTH_USAGE` */
export function requireShare(name: string, value: number | undefined): void {
  if (value === undefined || (value >= 0 && value < 1)) return;
  throw new SynthError('SYNTH_USAGE', `\`${name}\` is ${value}; it has to be from 0 to below 1`);
}

/** Options without those that are undefined, so that defaults stay. */
export const given = <T extends object>(options: T | undefined): T =>
  Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as T; // the same keys, or fewer of those that may be left out

/** @param model the path of a model file, or a model */
export const modelOf = async (model: string | LoadedModel): Promise<LoadedModel> =>
  typeof model === 'string' ? loadModelFile(model) : model;
