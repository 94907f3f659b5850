/**
 * @module
 * Numbers for people: on the terminal and in reports.
 */
export const formatCount = (value: number): string => value.toLocaleString('en-US');

/** Bytes with a binary unit. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

/** Seconds in the largest unit that keeps three digits. */
export function formatSeconds(seconds: number): string {
  if (seconds === 0) return '0 s';
  if (seconds < 1e-3) return `${(seconds * 1e6).toPrecision(3)} µs`;
  if (seconds < 1) return `${(seconds * 1e3).toPrecision(3)} ms`;
  if (seconds < 120) return `${seconds.toPrecision(3)} s`;
  if (seconds < 7200) return `${(seconds / 60).toPrecision(3)} min`;
  return seconds < 172_800 ? `${(seconds / 3600).toPrecision(3)} h` : `${(seconds / 86_400).toPrecision(3)} d`;
}

export const formatShare = (share: number): string => `${(share * 100).toFixed(1)} %`;
