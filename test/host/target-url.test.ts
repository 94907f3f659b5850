import { expect, test } from 'vitest';
import { parseBindAddresses, parseTarget, resolveHost } from '../../src/host/target-url.js';
import { expectSynthError } from '../support/read.js';

const TARGETS: Readonly<Record<string, unknown>> = {
  'udp://127.0.0.1:8000': { kind: 'udp', host: '127.0.0.1', port: 8000 },
  'UDP://localhost:1': { kind: 'udp', host: 'localhost', port: 1 },
  'tcp://[::1]:65535': { kind: 'tcp', host: '::1', port: 65_535 },
  'tcp://[fe80::1%eth0]:80/': { kind: 'tcp', host: 'fe80::1%eth0', port: 80 },
  'tls://backend.example.org:8883': { kind: 'tls', host: 'backend.example.org', port: 8883 },
  'unix:///run/synth sink.sock': { kind: 'unix', path: '/run/synth sink.sock' },
  'raw://': { kind: 'raw' },
};

test('targets are read as they are written', () => {
  for (const [text, target] of Object.entries(TARGETS)) expect(parseTarget(text)).toEqual(target);
});

/** What is wrong, and what the hint says. */
const MISTAKES: Readonly<Record<string, string>> = {
  'udp://127.0.0.1': 'udp://127.0.0.1:8000?',
  'udp://127.0.0.1:': 'udp://127.0.0.1:8000?',
  'udp://::1': 'udp://[::1]:8000?',
  'udp://2001:db8::1:0:8000': 'udp://[2001:db8::1:0:8000]:8000?',
  'tcp://2001:db8:0:0:0:0:0:1:80': 'tcp://[2001:db8:0:0:0:0:0:1]:80?',
  'udp://host:0': '',
  'udp://host:65536': '',
  'udp://host:http': '',
  'udp://:8000': '',
  'udp://[host]:8000': '',
  'udp://[10.0.0.1]:8000': '',
  'udp://10.0.0.256:8000': '',
  'udp://10.1:8000': '',
  'udp://a b:8000': '',
  'upd://host:8000': 'udp://host:8000?',
  'tpc://host:8000': 'tcp://host:8000?',
  'gopher://host:70': 'udp://',
  'tcp://user:password@host:80': 'tcp://host:80?',
  'tcp://host:80/path': 'tcp://host:80?',
  'tcp://host:80?x=1': 'tcp://host:80?',
  'raw://10.0.0.1': 'raw://?',
  'unix://run/sink.sock': 'unix:///run/sink.sock?',
  'unix://': 'unix:///?',
  '/run/sink.sock': 'unix:///run/sink.sock?',
  '127.0.0.1:8000': 'udp://127.0.0.1:8000?',
  'tcp:host:8000': 'tcp://host:8000?',
  'tcp:/host:8000': 'tcp://host:8000?',
  '': '',
};

test('mistakes are usage errors that say what may have been meant', async () => {
  for (const [text, meant] of Object.entries(MISTAKES)) {
    const error = await expectSynthError(() => parseTarget(text), 'SYNTH_USAGE');
    expect([text, error.hint]).toEqual([text, expect.stringContaining(meant)]);
  }
});

test('a password is not said again', async () => {
  const { hint, message } = await expectSynthError(() => parseTarget('tcp://user:secret@host:80'), 'SYNTH_USAGE');
  expect(`${message} ${hint}`).not.toContain('secret');
});

test('an address is its own resolution, and localhost is on IPv4 where there is a choice', async () => {
  for (const address of ['192.0.2.1', '2001:db8::1', 'fe80::1%lo']) expect(await resolveHost(address)).toBe(address);
  expect(await resolveHost('localhost')).toBe('127.0.0.1');
});

test('a name without an address is an unreachable target', async () => {
  const error = await expectSynthError(resolveHost(`${'a'.repeat(64)}.invalid`), 'SYNTH_TARGET_UNREACHABLE');
  expect(error.hint).toContain('IP address');
});

const addresses = (text: string): string[] => parseBindAddresses(text).map(({ address }) => address);

test('source addresses are a list of addresses, with ports where they have them', () => {
  expect(parseBindAddresses('127.0.0.2, 127.0.0.3:4000')).toEqual([
    { address: '127.0.0.2', port: 0 },
    { address: '127.0.0.3', port: 4000 },
  ]);
  expect(parseBindAddresses('::1,[fe80::1%lo]:4000,[::2]')).toEqual([
    { address: '::1', port: 0 },
    { address: 'fe80::1%lo', port: 4000 },
    { address: '::2', port: 0 },
  ]);
});

test('a range stands for the addresses that hosts can have in it', () => {
  expect(addresses('127.0.0.0/29')).toEqual([1, 2, 3, 4, 5, 6].map((last) => `127.0.0.${last}`));
  expect(addresses('127.0.0.5/30')).toEqual(['127.0.0.5', '127.0.0.6']);
  expect(addresses('192.0.2.8/31')).toEqual(['192.0.2.8', '192.0.2.9']);
  expect(addresses('192.0.2.8/32')).toEqual(['192.0.2.8']);
  expect(addresses('2001:db8::/126')).toEqual(['2001:db8::1', '2001:db8::2', '2001:db8::3']);
  expect(addresses('2001:db8::fffe/127')).toEqual(['2001:db8::fffe', '2001:db8::ffff']);
  const many = addresses('127.1.0.0/16');
  expect([many.length, many[255], many.at(-1)]).toEqual([65_534, '127.1.1.0', '127.1.255.254']);
});

test('source addresses that are none, too many or of two kinds are usage errors', async () => {
  const mistakes = [
    '',
    'host',
    '127.0.0.1,',
    '127.0.0.1:0',
    '127.0.0.1:70000',
    '::1:4000:x',
    '127.0.0.0/15',
    '127.0.0.0/33',
  ];
  for (const text of [...mistakes, '127.0.0.1,::1', '2001:db8::/64', '127.0.0.0/16,127.1.0.0/16']) {
    await expectSynthError(() => parseBindAddresses(text), 'SYNTH_USAGE');
  }
});
