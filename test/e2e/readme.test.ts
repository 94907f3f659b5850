import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runProgram, synthLine, workFolder } from '../support/cli.js';
import { projectRoot } from '../support/files.js';

const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text]) => text!);

describe('README', () => {
  test('every command in it runs, from top to bottom, in one folder', async () => {
    const cwd = workFolder();
    cpSync(join(projectRoot, 'examples'), join(cwd, 'examples'), { recursive: true });
    const lines = blocks('sh').flatMap((block) => block.trim().split('\n'));
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) {
      const { code, stderr } = await synthLine(line, { cwd });
      expect([line, code, /Error|bug/.test(stderr)]).toEqual([line, 0, false]);
    }
  });

  test('its program runs with the package as installed', async () => {
    const cwd = workFolder();
    const [program] = blocks('js');
    writeFileSync(join(cwd, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(cwd, 'program.js'), program!);
    await runProgram('mkdir', ['-p', 'node_modules'], { cwd });
    symlinkSync(projectRoot, join(cwd, 'node_modules', 'synth-traffic'));
    const { code, stdout, stderr } = await runProgram(process.execPath, ['program.js'], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    const [score, meanExcess] = stdout.toString().split(' ').map(Number);
    expect(score).toBeGreaterThan(80);
    expect(meanExcess).toBeLessThan(0.2);
  });

  test('every file it links to is there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, path]) => path!);
    for (const link of links) expect(() => readFileSync(join(projectRoot, link)), link).not.toThrow(/ENOENT/);
  });
});
