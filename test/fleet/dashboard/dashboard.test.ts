/** The live page of a fleet: its server by itself. The page as a browser shows it is tested in test/peers. */
import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { EventStream } from '../../../src/fleet/dashboard/event-stream.js';
import { isOwnHost } from '../../../src/fleet/dashboard/hosts.js';
import { groupOf } from '../sample-fleet.js';
import { endAll, endings, run, second, start } from './running-dashboard.js';

afterEach(endAll);

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A request as a browser that was led astray would make it: `fetch` sets the field Host by itself. */
function ask(url: string, { host, method = 'GET' }: { host?: string; method?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, ...(host === undefined ? {} : { headers: { host } }) }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    request.on('error', reject).end();
  });
}

test('Files are served with a policy that lets the page load its own files, and nothing else', async () => {
  const { url } = await start();
  for (const [path, type] of [
    ['/', 'text/html'],
    ['/page.js', 'text/javascript'],
    ['/chart.js', 'text/javascript'],
    ['/format.js', 'text/javascript'],
    ['/page.css', 'text/css'],
    ['/icon.svg', 'image/svg+xml'],
  ]) {
    const { status, headers, text } = await ask(url + path);
    expect([status, headers['content-type']], path).toEqual([200, `${type}; charset=utf-8`]);
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(text).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  }
});

test('Nothing but GET, and nothing but what there is', async () => {
  const { url } = await start();
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']) {
    const { status, headers } = await ask(url, { method });
    expect([status, headers['allow']]).toEqual([405, 'GET']);
  }
  for (const path of ['/report', '/x', '/static/page.js', '/../dashboard.js', '/%2e%2e/dashboard.js'])
    expect((await ask(url + path)).status, path).toBe(404);
});

test('A request for another host is refused, whatever it asks for', async () => {
  const { url } = await start();
  for (const path of ['/', '/events', '/snapshot.json', '/page.js']) {
    expect((await ask(url + path, { host: 'rebound.example:8080' })).status).toBe(403);
  }
  expect((await ask(url, { host: 'localhost:1234' })).status).toBe(200);
});

test.each([
  ['localhost', '127.0.0.1', true],
  ['LOCALHOST:80', '127.0.0.1', true],
  ['127.0.0.1:9000', '127.0.0.1', true],
  ['127.1.2.3', '127.0.0.1', true],
  ['[::1]:9000', '127.0.0.1', true],
  ['127.0.0.1.rebound.example', '127.0.0.1', false],
  ['localhost.rebound.example', '127.0.0.1', false],
  ['192.168.1.5', '127.0.0.1', false],
  ['192.168.1.5:80', '192.168.1.5', true],
  ['lab.example', 'lab.example', true],
  ['other.example', 'lab.example', false],
  ['192.168.1.5', '0.0.0.0', true],
  ['[fd00::5]:80', '::', true],
  ['rebound.example', '0.0.0.0', false],
  ['user@localhost', '127.0.0.1', false],
  ['', '127.0.0.1', false],
  [undefined, '127.0.0.1', false],
])('Host %s of a server on %s: %s', (header, bound, expected) => {
  expect(isOwnHost(header, bound)).toBe(expected);
});

test('A port in use is an error that says so', async () => {
  const taken = createTcpServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  endings.push(() => new Promise((resolve) => taken.close(resolve)));
  // A TCP server has an address and a port.
  const { port } = taken.address() as AddressInfo;
  await expect(start({ port })).rejects.toMatchObject({
    code: 'SYNTH_SYSTEM_LIMIT',
    message: expect.stringContaining(`port ${port}: the port is in use`),
  });
});

test('The latest snapshot is there as JSON', async () => {
  const dashboard = await start();
  expect((await ask(`${dashboard.url}/snapshot.json`)).status).toBe(503);
  run(dashboard, 1, 3);
  const { status, text } = await ask(`${dashboard.url}/snapshot.json`);
  expect(status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({
    elapsedSeconds: 3,
    groups: [{ name: 'hub', errors: { 'connect: ECONNREFUSED': 20 }, counts: { sent: 49_000 } }, {}],
  });
});

/** Somebody who reads events as they come, or does not. */
function listenTo(url: string): {
  readonly text: () => string;
  /** Drops the text that has come so far. */
  forget(): void;
  readonly ended: () => boolean;
  pause(): void;
  resume(): void;
} {
  const { port } = new URL(url);
  const parts: string[] = [];
  let isOver = false;
  const socket = connect(Number(port), '127.0.0.1').setEncoding('utf8');
  endings.push(async () => void socket.destroy());
  socket.on('data', (part) => void parts.push(String(part)));
  socket.on('close', () => {
    isOver = true;
  });
  socket.on('error', () => {});
  socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return {
    text: () => parts.join(''),
    forget: () => void parts.splice(0),
    ended: () => isOver,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
}

test('Events begin with what has been, and go on with what is; a long history is bounded', async () => {
  const dashboard = await start();
  run(dashboard, 1, 5000);
  const reader = listenTo(dashboard.url);
  await expect.poll(reader.text, { timeout: 120_000 }).toContain('event: now');
  const points = JSON.parse(/event: points\ndata: (.*)\n/.exec(reader.text())![1]!) as { at: number }[];
  expect(points.length).toBeGreaterThan(250);
  expect(points.length).toBeLessThanOrEqual(600);
  expect(points.at(-1)!.at).toBe(5000);
  expect(reader.text()).toContain('retry: 2000');
  dashboard.update(second(5001));
  await expect.poll(reader.text, { timeout: 120_000 }).toContain('"elapsedSeconds":5001');
});

test('A reader who reads too slowly is dropped, the others are not', async () => {
  const dashboard = await start();
  const slow = listenTo(dashboard.url);
  const fast = listenTo(dashboard.url);
  await expect
    .poll(() => [slow.text(), fast.text()], { timeout: 120_000 })
    .toEqual([expect.stringContaining('event: points'), expect.stringContaining('event: points')]);
  slow.pause();
  const groups = Array.from({ length: 2000 }, (_, index) => groupOf({ name: `group-${index}` }));
  // Some 300 kB each, so more than sockets of any system hold.
  for (let at = 1; at <= 100; at++) {
    fast.forget();
    dashboard.update(second(at, { groups }));
    await expect.poll(fast.text, { timeout: 120_000, interval: 1 }).toContain(`"elapsedSeconds":${at},`);
  }
  slow.resume();
  await expect.poll(slow.ended, { timeout: 120_000 }).toBe(true);
  expect(slow.text()).not.toContain('"elapsedSeconds":100,');
  expect(fast.ended()).toBe(false);
});

test('A quiet connection is kept by comments', async () => {
  const stream = new EventStream(20);
  const server = createServer((_, response) => stream.open(response, [['hello', 1]]));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(async () => {
    stream.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  // A TCP server has an address and a port.
  const reader = listenTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await expect.poll(reader.text, { timeout: 120_000 }).toMatch(/event: hello\ndata: 1\n\n[^:]*: still here\n\n/);
});

test('Closing ends those who read, and the server', async () => {
  const dashboard = await start();
  const reader = listenTo(dashboard.url);
  await expect.poll(reader.text, { timeout: 120_000 }).toContain('event: hello');
  await dashboard.close();
  await expect.poll(reader.ended, { timeout: 120_000 }).toBe(true);
  await expect(ask(dashboard.url)).rejects.toThrow();
});
