/** The text format of Prometheus, version 0.0.4, as strictly as it is written down. */
import { expect } from 'vitest';

export interface Family {
  readonly type: string;
  readonly help: string;
  /** By what follows the name of the family: suffix and labels. */
  readonly samples: Map<string, number>;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (\S+)$/;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|Inf|NaN)$/;

/**
 * Reads the text format, version 0.0.4, and takes nothing that it does not allow: a sample belongs to the family above it, a family stands
 * there once and has a type, no sample comes twice, the text ends with a line feed.
 */
export function parseExposition(text: string): Map<string, Family> {
  expect(text.endsWith('\n')).toBe(true);
  const families = new Map<string, Family>();
  let current: { name: string; family: Family } | undefined;
  let help: RegExpExecArray | null = null;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const helpLine = /^# HELP (\S+) (.+)$/.exec(line);
    const typeLine = /^# TYPE (\S+) (counter|gauge|summary)$/.exec(line);
    if (helpLine !== null) {
      help = helpLine;
    } else if (typeLine !== null) {
      const name = typeLine[1]!;
      expect(help?.[1]).toBe(name);
      expect(families.has(name)).toBe(false);
      current = { name, family: { type: typeLine[2]!, help: help![2]!, samples: new Map() } };
      families.set(name, current.family);
    } else {
      addSample(line, current!);
    }
  }
  return families;
}

function addSample(line: string, { name, family }: { name: string; family: Family }): void {
  const sample = SAMPLE.exec(line);
  if (sample === null) throw new Error(`no sample: ${line}`);
  const suffix = sample[1]!.slice(name.length);
  expect(sample[1]).toMatch(new RegExp(`^${name}`));
  expect(family.type === 'summary' ? ['', '_sum', '_count'] : ['']).toContain(suffix);
  if (family.type === 'counter') expect(name).toMatch(/_total$/);
  expect(sample[3]).toMatch(NUMBER);
  const key = `${suffix}{${sample[2] ?? ''}}`;
  expect(family.samples.has(key)).toBe(false);
  family.samples.set(key, Number(sample[3]));
}
