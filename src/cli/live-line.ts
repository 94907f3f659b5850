/**
 * @module
 * Live progress of a long run on standard error: a panel that is redrawn on a terminal, elsewhere a line every ten seconds.
 */

const LINE_INTERVAL_MS = 10_000;
const MIN_COLUMNS = 20;
const USUAL_COLUMNS = 80;
const USUAL_ROWS = 24;

export interface LiveLine {
  update(text: string): void;
  /** Removes the line. */
  stop(): void;
}

/** Starts a panel of one line. */
export async function startLiveLine(enabled: boolean): Promise<LiveLine> {
  const { update, stop } = await startPanel(enabled);
  return { update: (text) => update(text, () => [text]), stop };
}

function startLines(stream: Pick<NodeJS.WriteStream, 'write'>): Pick<LiveLine, 'update'> {
  let last = performance.now();
  return {
    update(text) {
      const now = performance.now();
      if (now - last < LINE_INTERVAL_MS) return;
      last = now;
      stream.write(`${text}\n`);
    },
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

/** Starts a panel on a terminal, lines elsewhere, and nothing if not enabled. Printed text is always written. */
export async function startPanel(enabled: boolean, stream: PanelStream = process.stderr): Promise<LivePanel> {
  const print = (text: string) => void stream.write(`${text}\n`);
  if (!enabled) return { update: () => {}, print, stop: () => {} };
  if (!stream.isTTY) return { ...startLines(stream), print, stop: () => {} };
  // Only a terminal needs it.
  const { cursorMove, cursorLeft, eraseDown } = await import('ansi-escapes');
  let drawn: readonly string[] = [];
  // Some terminals do not know how large they are, and say 0.
  const size = () => ({ columns: stream.columns || USUAL_COLUMNS, rows: stream.rows || USUAL_ROWS });
  const draw = (lines: readonly string[], above = '') => {
    const toBeginning = cursorMove(0, 1 - rowsOf(drawn, size().columns)) + cursorLeft;
    stream.write(toBeginning + eraseDown + above + lines.join('\n'));
    drawn = lines;
  };
  return {
    update(_, panel) {
      // The last column stays free: terminals do not agree on where the cursor is after it. So does the last row, for what scrolls.
      const { columns: all, rows } = size();
      const columns = Math.max(MIN_COLUMNS, all - 1);
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

/** Rows that drawn lines take, the cursor's row at least. A terminal that has become narrower has wrapped them. */
const rowsOf = (lines: readonly string[], columns: number): number =>
  Math.max(
    1,
    lines.reduce((sum, line) => sum + Math.max(1, Math.ceil([...line].length / columns)), 0),
  );
