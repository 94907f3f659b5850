import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runProgram, synthLine, workFolder } from '../support/cli.js';
import { projectRoot } from '../support/files.js';
import { freePort } from '../support/ports.js';
import { startSynth } from '../support/running.js';

const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text]) => text!);

/** Runs a command when the sink listens, which may take longer than the second that a reader waits, at a port that is free. */
async function runBesideSink(sinkLine: string, line: string, cwd: string): Promise<void> {
  const [, address] = /udp:\/\/(\S+)/.exec(sinkLine)!;
  const free = `127.0.0.1:${await freePort()}`;
  const atFree = (text: string) => text.replaceAll(address!, free);
  const sink = startSynth(atFree(sinkLine).split(' '), cwd);
  try {
    await sink.said(/Listening/);
    const { code, stderr } = await synthLine(atFree(line), { cwd, environment: { MEDIA: `udp://${free}` } });
    // A busy machine may be late.
    expect([0, 6], `${line}: ${stderr}`).toContain(code);
    const ended = await sink.finished;
    expect([sinkLine, ended.code, ended.stderr]).toEqual([sinkLine, 0, expect.not.stringMatching(/Error|bug/)]);
  } finally {
    await sink.stop();
  }
}

describe('README', () => {
  test('every command in it runs, from top to bottom, in one folder', async () => {
    const cwd = workFolder();
    cpSync(join(projectRoot, 'examples'), join(cwd, 'examples'), { recursive: true });
    const lines = blocks('sh').flatMap((block) => block.trim().split('\n'));
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) {
      const pair = /^synth (sink .*) & sleep 1; (synth .*); wait$/.exec(line);
      if (pair !== null) {
        await runBesideSink(pair[1]!, pair[2]!, cwd);
        continue;
      }
      const { code, stderr } = await synthLine(line, { cwd });
      expect([line, code, /Error|bug/.test(stderr)]).toEqual([line, 0, false]);
    }
  });

  test('its program runs with the package as installed', async () => {
    const cwd = workFolder();
    const [program] = blocks('ts');
    // It has no annotations, so that it is JavaScript too.
    writeFileSync(join(cwd, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(cwd, 'program.js'), program!);
    await runProgram('mkdir', ['-p', 'node_modules'], { cwd });
    symlinkSync(projectRoot, join(cwd, 'node_modules', 'synth-traffic'));
    const { code, stdout, stderr } = await runProgram(process.execPath, ['program.js'], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(Number(stdout.toString())).toBeGreaterThan(80);
    expect(readdirSync(cwd)).toEqual(expect.arrayContaining(['fake.pcap', 'model.safetensors']));
  });

  test('every file it links to is there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, path]) => path!);
    for (const link of links) expect(() => readFileSync(join(projectRoot, link)), link).not.toThrow(/ENOENT/);
  });
});
