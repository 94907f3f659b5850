/** Chromium judges the reports: what they show, whether they fit, whether they can be read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, expect } from 'vitest';
import { formatNumber } from '../../../src/format.js';
import { captureReport } from '../../../src/report/capture-report.js';
import { type EvaluationReportInput, evaluationReport } from '../../../src/report/evaluation-report.js';
import {
  doorbellCapture,
  doorbellEvaluation,
  evaluationOf,
  seriesOf,
  shortEvaluation,
} from '../../report/sample-reports.js';
import { type Contrast, MIN_CONTRAST, startBrowser } from '../../support/browser.js';
import { testWithPeers } from '../../support/peers.js';

const folder = mkdtempSync(join(tmpdir(), 'synth-report-'));
const REPORTS = ['two', 'short', 'capture', 'degenerate'] as const;
type Report = (typeof REPORTS)[number];
const fileOf = (report: Report) => join(folder, `${report}.html`);
let evaluation: EvaluationReportInput;

/** Writes them all. */
async function writeReports(): Promise<void> {
  const one = seriesOf([[0, 100, 1]]);
  evaluation = await doorbellEvaluation(['markov', 'hmm']);
  const pages: Readonly<Record<Report, string>> = {
    two: await evaluationReport(evaluation),
    short: await evaluationReport(await shortEvaluation()),
    capture: await captureReport(await doorbellCapture()),
    degenerate: await evaluationReport(evaluationOf(one, one, 0)),
  };
  for (const report of REPORTS) writeFileSync(fileOf(report), pages[report]);
}

/** A report that is open for all tests. */
interface Opened {
  readonly page: Page;
  /** What it said on the console. */
  readonly complaints: string[];
  readonly requests: string[];
}

/** One browser for all tests, with one page for each report; started by the first test that looks. */
let started: Promise<{ readonly browser: Browser; readonly reports: ReadonlyMap<Report, Opened> }> | undefined;

async function start() {
  await writeReports();
  const browser = await startBrowser();
  const reports = new Map<Report, Opened>();
  for (const report of REPORTS) reports.set(report, await openReport(browser, report));
  return { browser, reports };
}

async function openReport(browser: Browser, report: Report): Promise<Opened> {
  const page = await browser.newPage();
  const opened: Opened = { page, complaints: [], requests: [] };
  page.on('console', (message) => opened.complaints.push(message.text()));
  page.on('pageerror', (error) => opened.complaints.push(error.message));
  page.on('request', (request) => opened.requests.push(request.url()));
  await page.goto(pathToFileURL(fileOf(report)).href);
  return opened;
}

afterAll(async () => {
  await (await started)?.browser.close();
  rmSync(folder, { recursive: true });
});

interface Look {
  readonly viewport: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
  readonly media?: 'screen' | 'print';
  /** Opens what a reader may open. */
  readonly unfold?: boolean;
}

/** Looks at every report in this way. Whatever one says on the console, and whatever it asks for, fails the test. */
async function withReports(
  { viewport, colorScheme = 'light', media = 'screen', unfold = false }: Look,
  look: (page: Page, report: Report) => Promise<void>,
): Promise<void> {
  started ??= start();
  for (const [report, { page, complaints, requests }] of (await started).reports) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, media });
    await page.evaluate(
      `document.querySelectorAll('details').forEach((details) => { details.open = ${String(unfold)}; })`,
    );
    await look(page, report);
    expect(complaints, report).toEqual([]);
    expect(requests, report).toEqual([pathToFileURL(fileOf(report)).href]);
  }
}

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const SCHEMES = ['light', 'dark'] as const;

/** What the page says about each of its charts that is shown. Scripts for the page are text: they are not of this program. */
interface ShownChart {
  readonly name: string;
  readonly marks: number;
  readonly emptyMarks: number;
  readonly width: number;
  readonly fontPx: number;
}

const SHOWN_CHARTS = `[...document.querySelectorAll('figure svg[role=img]')]
  .filter((svg) => svg.checkVisibility())
  .map((svg) => {
    const boxes = [...svg.querySelectorAll('.mark')].map((mark) => mark.getBoundingClientRect());
    const box = svg.getBoundingClientRect();
    const scale = box.width / svg.viewBox.baseVal.width;
    const fonts = [...svg.querySelectorAll('text')].map((text) => parseFloat(getComputedStyle(text).fontSize) * scale);
    return {
      name: svg.getAttribute('aria-label') ?? '',
      marks: boxes.length,
      emptyMarks: boxes.filter(({ width, height }) => width === 0 && height === 0).length,
      width: box.width,
      fontPx: Math.min(...fonts),
    };
  })`;

// Pairs of size and of gap, of scatter plots, of throughput and of transitions; autocorrelations, and entropy.
const CHARTS: Readonly<Record<Report, number>> = {
  two: 4 + 4 + 2 + 3 + 1 + 2,
  // Too short for entropy.
  short: 4 + 4 + 2 + 3 + 2,
  capture: 2 + 4 + 2 + 1 + 3 + 1 + 1,
  degenerate: 0,
};

testWithPeers(
  ['chromium'],
  'Every chart is there, has marks, and says in words and numbers what it shows',
  async () => {
    for (const viewport of [DESKTOP, PHONE]) {
      await withReports({ viewport }, async (page, report) => {
        const charts = await page.evaluate<ShownChart[]>(SHOWN_CHARTS);
        expect(charts.length, report).toBe(CHARTS[report]);
        for (const { name, marks, emptyMarks, width, fontPx } of charts) {
          expect(name).toMatch(/\w{4,}.*\d/);
          expect(marks, name).toBeGreaterThan(0);
          expect(emptyMarks, name).toBe(0);
          expect(width, name).toBeGreaterThan(200);
          expect(fontPx, name).toBeGreaterThanOrEqual(9);
        }
      });
    }
  },
);

testWithPeers(
  ['chromium'],
  'A figure has a caption, headings do not skip a level, and every chart is named',
  async () => {
    await withReports({ viewport: DESKTOP }, async (page) => {
      const found = await page.evaluate<{ levels: number[]; figures: number; captions: number; unnamed: number }>(`({
      levels: [...document.querySelectorAll('h1, h2, h3, h4')].map((heading) => Number(heading.localName[1])),
      figures: document.querySelectorAll('main figure').length,
      captions: document.querySelectorAll('main figure > figcaption h3').length,
      unnamed: document.querySelectorAll('svg:not([aria-hidden]):not([role=img][aria-label])').length,
    })`);
      expect(found.levels[0]).toBe(1);
      expect(found.levels.filter((level) => level === 1)).toHaveLength(1);
      found.levels.slice(1).forEach((level, index) => {
        expect(level - found.levels[index]!).toBeLessThanOrEqual(1);
      });
      expect(found.captions).toBe(found.figures);
      expect(found.unnamed).toBe(0);
      expect(await page.getAttribute('html', 'lang')).toBe('en');
    });
  },
);

testWithPeers(['chromium'], 'A phone shows the whole page without scrolling to the side, in both schemes', async () => {
  for (const colorScheme of SCHEMES) {
    await withReports({ viewport: PHONE, colorScheme, unfold: true }, async (page, report) => {
      expect(await page.evaluate('document.documentElement.scrollWidth'), report).toBeLessThanOrEqual(PHONE.width);
    });
  }
});

testWithPeers(['chromium'], 'All text, that of charts too, has a contrast of 4.5 : 1 in both schemes', async () => {
  const pages = new Set<string>();
  for (const colorScheme of SCHEMES) {
    await withReports({ viewport: DESKTOP, colorScheme, unfold: true }, async (page, report) => {
      const { ratio, text, texts, page: background } = await page.evaluate<Contrast>(MIN_CONTRAST);
      expect(ratio, `${report}, ${colorScheme}: ${text}`).toBeGreaterThanOrEqual(4.5);
      expect(texts).toBeGreaterThan(40);
      pages.add(background);
    });
  }
  expect(pages.size).toBe(2);
});

testWithPeers(['chromium'], 'Real and synthetic have colours of their own, which the scheme chooses', async () => {
  const strokes = new Set<string>();
  for (const colorScheme of SCHEMES) {
    await withReports({ viewport: DESKTOP, colorScheme }, async (page, report) => {
      if (report !== 'two') return;
      for (const role of ['real', 'synthetic']) {
        const line = `document.querySelector('figure path[stroke="var(--${role})"], figure [stroke="var(--${role})"] path')`;
        strokes.add(await page.evaluate<string>(`getComputedStyle(${line}).stroke`));
      }
    });
  }
  expect(strokes.size).toBe(4);
  expect(strokes).not.toContain('none');
});

testWithPeers(['chromium'], 'Printed, a report is light and shows all of its candidates', async () => {
  const paper = { viewport: { width: 718, height: 1000 }, colorScheme: 'dark', media: 'print' } as const;
  await withReports(paper, async (page, report) => {
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.evaluate('document.documentElement.scrollWidth'), report).toBeLessThanOrEqual(718);
    const charts = await page.evaluate<ShownChart[]>(SHOWN_CHARTS);
    // Of a further candidate there are all panels but those that hold only what is real: scatter, throughput, transitions.
    if (report === 'two') expect(charts.filter(({ width }) => width > 0)).toHaveLength(CHARTS.two + CHARTS.two - 4);
    expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
  });
});

testWithPeers(['chromium'], 'Notes and names are shown as the text they are', async () => {
  await withReports({ viewport: DESKTOP, unfold: true }, async (page, report) => {
    const text = await page.innerText('main');
    if (report === 'two') expect(text).toContain('<script>throw new Error("ran")</script> & other notes');
    if (report === 'degenerate') expect(text).toContain('a < b & "c"');
    if (report === 'degenerate') expect(text).toContain('not enough data: <one> packet & no more');
    expect(await page.evaluate('document.scripts.length')).toBe(0);
  });
});

testWithPeers(['chromium'], 'The numbers are those of the evaluation, from the score to the last metric', async () => {
  await withReports({ viewport: DESKTOP, unfold: true }, async (page, report) => {
    if (report !== 'two') return;
    const [best, other] = evaluation.candidates;
    expect(await page.innerText('.score')).toMatch(new RegExp(`^${best!.evaluation.score!.toFixed(1)}\\s*of 100$`));
    expect(await page.innerText('h1')).toBe(`${best!.name} compared with doorbell.pcap`);
    const ranking = await page.innerText('[aria-label="Ranking of the candidates"]');
    for (const { evaluation: judged } of [best!, other!]) expect(ranking).toContain(judged.score!.toFixed(1));
    const rows = await page.locator('details tbody tr:not(.group), section > .scroll tbody tr:not(.group)').count();
    // Of each candidate its metrics, and one row of the ranking.
    const metrics = evaluation.candidates.map((one) => one.evaluation.metrics.length + 1);
    expect(rows).toBe(metrics.reduce((sum, count) => sum + count, 0));
    const drawn = await page.innerText('figure');
    for (const { metric, quantity, value, floor } of best!.evaluation.metrics) {
      if (metric !== 'ks' || (quantity !== 'size' && quantity !== 'gap')) continue;
      expect(drawn).toContain(`KS ${formatNumber(value!)}, floor ${formatNumber(floor!)}`);
    }
  });
});

testWithPeers(['chromium'], 'Where there is no score a report says why', async () => {
  await withReports({ viewport: DESKTOP }, async (page, report) => {
    if (report !== 'short' && report !== 'degenerate') return;
    const hero = await page.innerText('.hero');
    expect(hero).toContain('no score');
    expect(hero).toMatch(/Not enough data: /);
    if (report === 'short') expect(hero).toContain('the synthetic series is too short for classifier');
  });
});
