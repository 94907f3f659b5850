/**
 * @module
 * What is wrong with a scenario: everything that is found in one go, each with its line.
 */
import { type Document, isNode, type LineCounter } from 'yaml';
import type { z } from 'zod';
import { nearest } from '../../did-you-mean.js';
import { SynthError, type SynthErrorCode } from '../../errors.js';
import { action, type Wording, wording } from '../../wording.js';

export type KeyPath = readonly PropertyKey[];

const MAX_PROBLEMS = 10;

interface Problem {
  readonly line: number;
  readonly column: number;
  readonly text: Wording;
  readonly code: SynthErrorCode;
}

export class Problems {
  readonly #found: Problem[] = [];
  readonly #file: string;
  readonly #document: Document;
  readonly #counter: LineCounter;

  constructor(file: string, document: Document, counter: LineCounter) {
    this.#file = file;
    this.#document = document;
    this.#counter = counter;
  }

  /** @param code of problems that are of other files */
  add(path: KeyPath, message: Wording, code: SynthErrorCode = 'SYNTH_SCENARIO_INVALID'): void {
    const key = formatPath(path);
    this.#found.push({ ...this.#place(path), text: wording`${key === '' ? '' : `${key}: `}${message}`, code });
  }

  /** What `action` gives, or undefined if it has found something wrong. */
  try<T>(path: KeyPath, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof SynthError)) throw error;
      const { wording: message, hintWording: hint } = error;
      this.add(path, hint === undefined ? message : wording`${message}. ${hint}`);
      return undefined;
    }
  }

  get found(): boolean {
    return this.#found.length > 0;
  }

  /** @throws SynthError `SYNTH_SCENARIO_INVALID` if there are any, or what they were added with if that is the same for all */
  throwIfFound(): void {
    const [first] = this.#found;
    if (first === undefined) return;
    const inOrder = this.#found.toSorted((a, b) => a.line - b.line || a.column - b.column);
    const lines = inOrder
      .slice(0, MAX_PROBLEMS)
      .flatMap(({ line, column, text }, i) => wording`${i === 0 ? '' : '\n'}${this.#file}:${line}:${column}: ${text}`);
    const more = this.#found.length - MAX_PROBLEMS;
    const code = this.#found.every((one) => one.code === first.code) ? first.code : 'SYNTH_SCENARIO_INVALID';
    throw new SynthError(code, [...lines, ...(more > 0 ? [`\n… and ${more} more`] : [])], {
      hint: wording`See docs/scenario.md, or: ${action('readScenarioSchema')}`,
    });
  }

  /** Where what stands at a path begins, or the nearest that is there. */
  #place(path: KeyPath): { readonly line: number; readonly column: number } {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, length), true);
      if (!isNode(node) || node.range === undefined || node.range === null) continue;
      const { line, col } = this.#counter.linePos(node.range[0]);
      return { line, column: col };
    }
    return { line: 1, column: 1 };
  }
}

const formatPath = (path: KeyPath): string =>
  path.map((key, i) => (typeof key === 'number' ? `[${key}]` : i === 0 ? String(key) : `.${String(key)}`)).join('');

/** Problems that the schema has found. */
export function addIssues(
  problems: Problems,
  issues: readonly z.core.$ZodIssue[],
  keysAt: (path: KeyPath) => readonly string[],
): void {
  for (const issue of issues) addIssue(problems, issue, [], keysAt);
}

function addIssue(
  problems: Problems,
  issue: z.core.$ZodIssue,
  before: KeyPath,
  keysAt: (path: KeyPath) => readonly string[],
): void {
  const path = [...before, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      const meant = nearest(key, keysAt(path));
      problems.add(
        [...path, key],
        meant === undefined ? 'there is no such key' : `there is no such key. Did you mean ${meant}?`,
      );
    }
    return;
  }
  if (issue.code === 'invalid_union') {
    // The alternative that was meant is the one whose kind of value it is.
    const meant = issue.errors.find(
      (errors) => !errors.some((one) => one.code === 'invalid_type' && one.path.length === 0),
    );
    if (meant !== undefined && meant.length > 0) {
      for (const one of meant) addIssue(problems, one, path, keysAt);
      return;
    }
  }
  problems.add(path, issue.message.replace(/^Invalid input: /, ''));
}
