/** A fleet in a process of its own, watched through its metrics: tests act on what has happened, not after some time. */
import { expect } from 'vitest';
import { type Finished, synthBin } from './cli.js';
import { parseExposition } from './exposition.js';
import type { Host } from './namespaces.js';
import { freePort } from './ports.js';
import { type Running, startProgram } from './running.js';

/** Counts of all groups by their names in the metrics: `connects_refused_total`. */
export type Counts = (name: string) => number;

export interface WatchOptions {
  readonly cwd: string;
  /** Where it runs; left out, here. */
  readonly host?: Host | undefined;
  /** Beside those of the watching. */
  readonly flags?: readonly string[];
}

const PATIENCE_MS = 240_000;
/** Metrics change once a second. */
const LOOK_MS = 300;

export class WatchedFleet {
  readonly #running: Running;
  readonly #port: number;
  readonly #host: Host | undefined;

  private constructor(running: Running, port: number, host: Host | undefined) {
    this.#running = running;
    this.#port = port;
    this.#host = host;
  }

  static async start(scenario: string, { cwd, host, flags = [] }: WatchOptions): Promise<WatchedFleet> {
    const port = await freePort();
    const watching = ['--json', '--seed', '1', '--metrics', `127.0.0.1:${port}`];
    const command = [process.execPath, synthBin, 'fleet', 'run', scenario, ...watching, ...flags] as const;
    const running = startProgram(host === undefined ? command : host.command(...command), cwd);
    await running.said(/Metrics: /);
    return new WatchedFleet(running, port, host);
  }

  /** Resolves when the counts are as asked for. Rejects if the run ends without. */
  async until(condition: (counts: Counts) => boolean): Promise<void> {
    const ended = this.#running.finished.then(({ code, stderr }) => {
      throw new Error(`the fleet has ended with ${code}: ${stderr}`);
    });
    const reached = expect
      .poll(async () => condition(await this.#counts()), { timeout: PATIENCE_MS, interval: LOOK_MS })
      .toBe(true);
    await Promise.race([reached, ended]);
  }

  /** Ends the run by Ctrl-C, with everything that is under way. */
  async end(): Promise<Finished> {
    this.#running.signal('SIGINT');
    return this.#running.finished;
  }

  /** Ends the process, if it still runs. */
  async stop(): Promise<void> {
    await this.#running.stop();
  }

  async #counts(): Promise<Counts> {
    const families = parseExposition(await this.#scrape());
    return (name) => {
      const samples = families.get(`synth_fleet_${name}`)?.samples.values() ?? [];
      return [...samples].reduce((sum, value) => sum + value, 0);
    };
  }

  async #scrape(): Promise<string> {
    const url = `http://127.0.0.1:${this.#port}/metrics`;
    if (this.#host === undefined) return (await fetch(url)).text();
    const program = `fetch('${url}').then((response) => response.text()).then((text) => process.stdout.write(text));`;
    const { stdout, stderr } = await startProgram(this.#host.command(process.execPath, '-e', program), '/').finished;
    if (stdout.length === 0) throw new Error(stderr);
    return stdout.toString();
  }
}
