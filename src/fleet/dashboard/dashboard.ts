/**
 * @module
 * The live page of a fleet: a small server for one page, which is told each second how the run goes.
 *
 * The page loads nothing from elsewhere and sends nothing; it looks, and can change nothing.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { History } from '../account/history.js';
import type { FleetResult, FleetSnapshot } from '../account/snapshot.js';
import { listen, stopServer } from '../exporters/local-server.js';
import { plain } from '../plain.js';
import { EventStream, type StreamEvent } from './event-stream.js';
import { isOwnHost } from './hosts.js';
import { type DashboardGroup, type Finished, finishedOf, nowOf, pointOf } from './messages.js';

export interface DashboardOptions {
  readonly host: string;
  /** 0 for one that is free. */
  readonly port: number;
  readonly scenario: string;
  readonly seed: string;
  readonly groups: readonly DashboardGroup[];
}

export interface Dashboard {
  readonly url: string;
  update(snapshot: FleetSnapshot): void;
  /** The run is over; the page stays. @param reportHtml what there is to read at `/report` */
  finish(result: FleetResult, reportHtml?: string): void;
  close(): Promise<void>;
}

const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['page.html', 'text/html'],
  '/page.css': ['page.css', 'text/css'],
  '/page.js': ['page.js', 'text/javascript'],
  '/chart.js': ['chart.js', 'text/javascript'],
  '/format.js': ['format.js', 'text/javascript'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
};

const HEADERS = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};
/** The report has its styles in itself, and no scripts. */
const REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

/** Every so many updates all points are sent again: what a page has put together by itself stays bounded. */
const POINTS_AGAIN = 300;

/** @throws SynthError `SYNTH_SYSTEM_LIMIT` if it cannot listen there */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const run = new Run(options);
  const files = await loadFiles();
  const server = createServer((request, response) => route(request, response, { run, files, host: options.host }));
  const url = await listen(server, options.host, options.port, 'The dashboard');
  return {
    url,
    update: (snapshot) => run.update(snapshot),
    finish: (result, reportHtml) => run.finish(result, reportHtml),
    async close() {
      run.stream.close();
      await stopServer(server);
    },
  };
}

/** What is known of the run, for those who look already and those who come later. */
class Run {
  readonly stream = new EventStream();
  readonly #options: DashboardOptions;
  readonly #history = new History();
  #snapshot: FleetSnapshot | undefined;
  #finished: Finished | undefined;
  #updates = 0;
  report: string | undefined;

  constructor(options: DashboardOptions) {
    this.#options = options;
  }

  get snapshotJson(): string | undefined {
    return this.#snapshot === undefined ? undefined : `${JSON.stringify(plain(this.#snapshot))}\n`;
  }

  update(snapshot: FleetSnapshot): void {
    const { interval } = snapshot;
    // Who looks twice within an interval sees it twice.
    const isNew = interval !== undefined && interval.atSeconds !== this.#snapshot?.interval?.atSeconds;
    if (isNew) this.#history.add(interval);
    this.#snapshot = snapshot;
    this.#updates++;
    if (!this.stream.hasReaders) return;
    if (this.#updates % POINTS_AGAIN === 0) this.stream.send(...this.#points);
    this.stream.send('now', nowOf(snapshot));
  }

  finish(result: FleetResult, reportHtml: string | undefined): void {
    this.report = reportHtml;
    this.#finished = finishedOf(result, reportHtml !== undefined);
    const { elapsedSeconds, plannedSeconds, groups, total } = result;
    // Nothing goes on any more, so there are no rates.
    this.update({ elapsedSeconds, plannedSeconds, phase: 'ended', groups, total, interval: undefined });
    this.stream.send('finished', this.#finished);
  }

  look(response: ServerResponse): void {
    const { scenario, seed, groups } = this.#options;
    this.stream.open(response, [
      ['hello', { scenario, seed, groups }],
      this.#points,
      ...(this.#snapshot === undefined ? [] : [['now', nowOf(this.#snapshot)] as const]),
      ...(this.#finished === undefined ? [] : [['finished', this.#finished] as const]),
    ]);
  }

  get #points(): StreamEvent {
    return ['points', this.#history.intervals.map(pointOf)];
  }
}

type Files = ReadonlyMap<string, { readonly type: string; readonly content: Buffer }>;

/** They are small, and few: held in memory, nothing can change them while a run lasts. */
async function loadFiles(): Promise<Files> {
  const files = Object.entries(FILES).map(async ([path, [file, type]]) => {
    const content = await readFile(new URL(`static/${file}`, import.meta.url));
    return [path, { type, content }] as const;
  });
  return new Map(await Promise.all(files));
}

interface Served {
  readonly run: Run;
  readonly files: Files;
  /** What it was told to listen on. */
  readonly host: string;
}

function route(request: IncomingMessage, response: ServerResponse, served: Served): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const answer = answerTo(request, served);
  if (answer === 'events') {
    served.run.look(response);
    return;
  }
  const { status, type, content, headers = {} } = answer;
  response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8`, ...headers }).end(content);
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly content: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

function answerTo({ method, url, headers }: IncomingMessage, { run, files, host }: Served): Answer | 'events' {
  const refuse = (status: number, why: string) => ({ status, type: 'text/plain', content: `${why}\n` });
  if (!isOwnHost(headers.host, host)) return refuse(403, 'this is not the host of that name');
  if (method !== 'GET') return { ...refuse(405, 'only GET'), headers: { Allow: 'GET' } };
  const path = url?.split('?')[0] ?? '';
  const file = files.get(path);
  if (file !== undefined) return { status: 200, ...file };
  if (path === '/events') return 'events';
  if (path === '/snapshot.json') {
    const json = run.snapshotJson;
    return json === undefined
      ? refuse(503, 'the run has not begun yet')
      : { status: 200, type: 'application/json', content: json };
  }
  if (path === '/report' && run.report !== undefined) {
    const policy = { 'Content-Security-Policy': REPORT_POLICY };
    return { status: 200, type: 'text/html', content: run.report, headers: policy };
  }
  return refuse(404, 'not found');
}
