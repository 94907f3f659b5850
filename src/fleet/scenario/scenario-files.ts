/**
 * @module
 * The files that a scenario names: found beside it, read once, and listed for the run.
 */

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CsvError, parse as parseCsv } from 'csv-parse/sync';
import { describeSystemError } from '../../errors.js';
import { action, wording } from '../../wording.js';
import type { KeyPath, Problems } from './problems.js';

/** Files that the scenario names, beside it; each is read once. */
export class ScenarioFiles {
  readonly #folder: string;
  readonly #problems: Problems;
  readonly #texts = new Map<string, string>();

  constructor(folder: string, problems: Problems) {
    this.#folder = folder;
    this.#problems = problems;
  }

  /** Of all that were asked for. */
  readonly places = new Set<string>();

  at(file: string): string {
    const place = resolve(this.#folder, file);
    this.places.add(place);
    return place;
  }

  text(path: KeyPath, file: string): string | undefined {
    const place = this.at(file);
    const known = this.#texts.get(place);
    if (known !== undefined) return known;
    try {
      const text = readFileSync(place, 'utf8');
      this.#texts.set(place, text);
      return text;
    } catch (error) {
      this.#problems.add(path, `${file}: ${describeSystemError(error)}`, 'SYNTH_FILE_UNREADABLE');
      return undefined;
    }
  }

  /** Says if it is not there. */
  exists(path: KeyPath, file: string): string {
    const place = this.at(file);
    if (!existsSync(place)) {
      this.#problems.add(
        path,
        wording`${file}: no such file. Make a model with: ${action('trainModel')}`,
        'SYNTH_FILE_UNREADABLE',
      );
    }
    return place;
  }

  /** The rows of a CSV file; its first line names the columns. */
  rows(path: KeyPath, file: string): Record<string, string>[] | undefined {
    const text = this.text(path, file);
    if (text === undefined) return undefined;
    try {
      const rows: Record<string, string>[] = parseCsv(text, {
        columns: true,
        skip_empty_lines: true,
        trim: true,
        bom: true,
      });
      if (rows.length === 0) this.#problems.add(path, `${file} has no rows`, 'SYNTH_FILE_UNREADABLE');
      return rows;
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      const { lines } = error as { lines?: number }; // not in its types for all kinds
      this.#problems.add(
        path,
        `${file}${lines === undefined ? '' : `:${lines}`}: ${error.message}`,
        'SYNTH_FILE_UNREADABLE',
      );
      return undefined;
    }
  }
}
