/**
 * @module
 * How a long run goes, on standard error: one line that changes on a terminal, elsewhere a line every ten seconds.
 */

const LINE_INTERVAL_MS = 10_000;
/** ECMA-48: to the beginning of the line, and nothing behind it. */
const CLEAR = '\r\u001b[K';

export interface LiveLine {
  update(text: string): void;
  /** Removes the line. */
  stop(): void;
}

export function startLiveLine(enabled: boolean): LiveLine {
  if (!enabled) return { update: () => {}, stop: () => {} };
  const { stderr } = process;
  if (stderr.isTTY) {
    return {
      update: (text) => void stderr.write(CLEAR + text.slice(0, Math.max(20, stderr.columns - 1))),
      stop: () => void stderr.write(CLEAR),
    };
  }
  let last = performance.now();
  return {
    update(text) {
      const now = performance.now();
      if (now - last < LINE_INTERVAL_MS) return;
      last = now;
      stderr.write(`${text}\n`);
    },
    stop: () => {},
  };
}
