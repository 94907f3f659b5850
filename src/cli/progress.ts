/**
 * @module
 * Progress on standard error: a bar on a terminal, elsewhere a line after two seconds and then every ten. Work that ends sooner shows nothing.
 */
import { type Options, SingleBar } from 'cli-progress';

const FIRST_LINE_MS = 2000;
const LINE_INTERVAL_MS = 10_000;
/** A bar appears only for work that takes longer than this. */
const PATIENCE_MS = 700;

/** From here on there is room for a long bar beside the words. */
const WIDE_COLUMNS = 120;

export interface Progress {
  /** @param done share of the work, 0 to 1; undefined where the whole is not known */
  update(done: number | undefined, what: string): void;
  stop(): void;
}

/** @param task what is being done, for example `reading capture.pcap` */
export function startProgress(task: string, enabled: boolean): Progress {
  if (!enabled) return { update: () => {}, stop: () => {} };
  const terminal = process.stderr.isTTY;
  const options: Options = {
    stream: process.stderr,
    format: `${task} {bar} {percentage}% {what}`,
    barsize: process.stderr.columns < WIDE_COLUMNS ? 10 : 30,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
  };
  const started = performance.now();
  let bar: SingleBar | undefined;
  let nextLine = started + FIRST_LINE_MS;
  return {
    update(done, what) {
      const now = performance.now();
      const share = Math.min(1, done ?? 0);
      if (terminal) {
        if (bar === undefined && now - started > PATIENCE_MS) {
          bar = new SingleBar(options);
          bar.start(1, share, { what });
        }
        bar?.update(share, { what });
      } else if (now >= nextLine) {
        nextLine = now + LINE_INTERVAL_MS;
        process.stderr.write(`${task}: ${done === undefined ? '' : `${Math.round(share * 100)} % `}${what}\n`);
      }
    },
    stop() {
      bar?.stop();
    },
  };
}
