/**
 * @module
 * How long the head of a request is: measured on one that undici sends to a server of this process that takes it and is gone.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Client, Dispatcher } from 'undici';
import { SynthError } from '../../errors.js';

export interface HeadBytes {
  /** Of a request for `/` with a body of one byte. */
  readonly withBody: number;
  readonly withoutBody: number;
}

/**
 * @param origin of the real target, which the head names
 * @throws SynthError `SYNTH_USAGE` for a method or headers that cannot be sent
 */
export async function measureHead(
  ClientClass: typeof Client,
  origin: string,
  request: { readonly method: string; readonly headers: Readonly<Record<string, string>> },
): Promise<HeadBytes> {
  try {
    const withBody = await requestBytes(ClientClass, origin, { ...request, path: '/', body: Buffer.from('.') });
    const withoutBody = await requestBytes(ClientClass, origin, { ...request, path: '/', body: Buffer.alloc(0) });
    return { withBody: withBody - 1, withoutBody };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const hint = 'Check the method and the headers of the target.';
    throw new SynthError('SYNTH_USAGE', `the request cannot be sent: ${reason}`, { hint, cause: error });
  }
}

async function requestBytes(
  ClientClass: typeof Client,
  origin: string,
  options: { method: string; path: string; headers: Readonly<Record<string, string>>; body: Buffer },
): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const client = new ClientClass(origin, { connect: (_options, callback) => connectTo(port, callback) });
  try {
    const received = receiveRequest(server);
    const { method, ...rest } = options;
    const answer = client.request({ ...rest, method: method as Dispatcher.HttpMethod, responseHeaders: null });
    // Whichever fails says why.
    const [bytes, { body }] = await Promise.all([received, answer]);
    await body.dump();
    return bytes;
  } finally {
    await client.destroy();
    server.close();
  }
}

function connectTo(port: number, callback: (error: null, socket: Socket) => void): void {
  const socket = connect(port, '127.0.0.1', () => callback(null, socket));
}

/** Bytes of the one request that comes: its head, and what that announces. */
function receiveRequest(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => {
    server.once('connection', (socket: Socket) => {
      let text = '';
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        const end = text.indexOf('\r\n\r\n');
        const announced = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1] ?? 0);
        if (end < 0 || text.length < end + 4 + announced) return;
        resolve(text.length);
        socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n');
      });
    });
  });
}
