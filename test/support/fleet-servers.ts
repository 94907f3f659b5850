/** What fleets talk to in tests, beside mosquitto: they count what arrives. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createCoapServer } from 'coap';
import { WebSocketServer } from 'ws';

export interface CountingServer {
  readonly url: string;
  /** Messages that have arrived, and their bytes. */
  readonly arrived: { messages: number; bytes: number };
  /** Who has sent something. */
  readonly senders: Set<string>;
  close(): Promise<void>;
}

const counting = () => ({ arrived: { messages: 0, bytes: 0 }, senders: new Set<string>() });

/** @param status of every response */
export async function httpCollector(status = 204): Promise<CountingServer> {
  const counts = counting();
  const server = createServer((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => {
      counts.arrived.messages++;
      counts.arrived.bytes += bytes;
      counts.senders.add(`${request.socket.remotePort}`);
      response.writeHead(status).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // of an internet socket
  return {
    ...counts,
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export async function coapGateway(): Promise<CountingServer> {
  const counts = counting();
  const server = createCoapServer({ type: 'udp4' }, (request, response) => {
    counts.arrived.messages++;
    counts.arrived.bytes += request.payload.length;
    counts.senders.add(`${request.rsinfo.port}`);
    response.code = '2.04';
    response.end();
  });
  // The package wants to know its port beforehand.
  const probe = createSocket('udp4');
  probe.bind(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  return {
    ...counts,
    url: `coap://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export async function webSocketHub(): Promise<CountingServer> {
  const counts = counting();
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket, request) => {
    socket.on('message', (message: Buffer) => {
      counts.arrived.messages++;
      counts.arrived.bytes += message.length;
      counts.senders.add(request.url ?? '');
    });
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // of an internet socket
  return {
    ...counts,
    url: `ws://127.0.0.1:${port}`,
    close: async () => {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

export async function mediaServer(): Promise<CountingServer> {
  const counts = counting();
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 2 ** 20 });
  socket.on('message', (message, { port }) => {
    counts.arrived.messages++;
    counts.arrived.bytes += message.length;
    counts.senders.add(`${port}`);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    ...counts,
    url: `udp://127.0.0.1:${socket.address().port}`,
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}
