/**
 * @module
 * How a long run goes, on standard error: one line or a panel of several that changes on a terminal, elsewhere a line every ten seconds.
 */

const LINE_INTERVAL_MS = 10_000;
/** ECMA-48: to the beginning of the line, and nothing behind it. */
const CLEAR = '\r\u001b[K';
/** To the beginning of the line, and nothing below it. */
const CLEAR_BELOW = '\r\u001b[J';
const LEAST_COLUMNS = 20;
const USUAL_COLUMNS = 80;
const USUAL_ROWS = 24;

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
      update: (text) => void stderr.write(CLEAR + text.slice(0, Math.max(LEAST_COLUMNS, stderr.columns - 1))),
      stop: () => void stderr.write(CLEAR),
    };
  }
  return startLines(stderr);
}

function startLines(stream: Pick<NodeJS.WriteStream, 'write'>): LiveLine {
  let last = performance.now();
  return {
    update(text) {
      const now = performance.now();
      if (now - last < LINE_INTERVAL_MS) return;
      last = now;
      stream.write(`${text}\n`);
    },
    stop: () => {},
  };
}

/** What a panel needs of standard error. */
export type PanelStream = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns' | 'rows'>;

export interface LivePanel {
  /**
   * @param line for where there is no terminal
   * @param panel its lines, given how many columns there are
   */
  update(line: string, panel: (columns: number) => readonly string[]): void;
  /** Writes a line above the panel, which stays there. */
  print(text: string): void;
  /** Removes the panel. */
  stop(): void;
}

/** A panel on a terminal, lines elsewhere, nothing if not enabled; but what is printed is always written. */
export function startPanel(enabled: boolean, stream: PanelStream = process.stderr): LivePanel {
  const print = (text: string) => void stream.write(`${text}\n`);
  if (!enabled) return { update: () => {}, print, stop: () => {} };
  if (!stream.isTTY) {
    const { update, stop } = startLines(stream);
    return { update, print, stop };
  }
  let drawn: readonly string[] = [];
  // Some terminals do not know how large they are, and say 0.
  const size = () => ({ columns: stream.columns || USUAL_COLUMNS, rows: stream.rows || USUAL_ROWS });
  const draw = (lines: readonly string[], above = '') => {
    stream.write(toBeginning(drawn, size().columns) + CLEAR_BELOW + above + lines.join('\n'));
    drawn = lines;
  };
  return {
    update(_, panel) {
      // The last column stays free: terminals do not agree on where the cursor is after it. So does the last row, for what scrolls.
      const { columns: all, rows } = size();
      const columns = Math.max(LEAST_COLUMNS, all - 1);
      draw(
        panel(columns)
          .slice(0, Math.max(1, rows - 1))
          .map((line) => [...line].slice(0, columns).join('')),
      );
    },
    print: (text) => draw(drawn, `${text}\n`),
    stop: () => draw([]),
  };
}

/** Moves the cursor from the end of these lines to their beginning. In a terminal that has become narrower, they take more rows than they did. */
function toBeginning(lines: readonly string[], columns: number): string {
  const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil([...line].length / Math.max(1, columns))), 0);
  return rows > 1 ? `\u001b[${rows - 1}A` : '';
}
