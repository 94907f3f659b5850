// Whole processes, measured from outside: wall time, processor time, peak memory. Commands that are compared run in turn, so that a
// machine whose speed drifts is as fair to one as to the other; the median counts.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

export const synth = [process.execPath, fileURLToPath(new URL('../bin/synth.js', import.meta.url))];

export const isInstalled = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

/** Runs a command to its end; it has to succeed. */
async function measureOnce([program, ...args]) {
  const started = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  let peakBytes = 0;
  const poll = setInterval(() => {
    try {
      // VmHWM is the highest the resident set has been, so the last look is what counts.
      const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
      peakBytes = Math.max(peakBytes, Number(match?.[1] ?? 0) * 1024);
    } catch {
      // The process has just ended.
    }
  }, 10);
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  clearInterval(poll);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${errors}`);
  return { seconds: (performance.now() - started) / 1000, peakBytes };
}

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Runs each command `runs` times, in turn, after a round that does not count. */
export async function measure(commands, runs = 5) {
  const results = commands.map(() => []);
  for (let round = 0; round <= runs; round++) {
    for (const [index, command] of commands.entries()) {
      const result = await measureOnce(command);
      if (round > 0) results[index].push(result);
    }
  }
  return results.map((each) => ({
    seconds: median(each.map(({ seconds }) => seconds)),
    peakBytes: Math.max(...each.map(({ peakBytes }) => peakBytes)),
    all: each.map(({ seconds }) => seconds),
  }));
}

export function printTable(title, head, rows, how = 'medians of whole processes') {
  console.log(`\n### ${title}\n`);
  console.log(`${cpus().length} × ${cpus()[0].model.trim()}, Node ${process.version}, ${how}\n`);
  for (const row of [head, head.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`);
}

export const seconds = (value) => `${value.toFixed(2)} s`;
export const rate = (packets, time) => `${(packets / time / 1e6).toFixed(2)} M/s`;
export const mebibytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
