/**
 * @module
 * HTTP servers beside a run: where they listen, and how they end.
 */
import type { Server } from 'node:http';
import { describeSystemError, SynthError, systemErrorCode } from '../../errors.js';

/**
 * Begins to listen.
 *
 * @param port 0 for one that is free
 * @param what the server is for, as the beginning of a sentence: `The dashboard`
 * @returns where it is, without a slash at the end: `http://127.0.0.1:9464`
 * @throws SynthError `SYNTH_SYSTEM_LIMIT` if it cannot listen there
 */
export async function listen(server: Server, host: string, port: number, what: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: Error) => reject(listenError(error, host, port, what));
    server.once('error', refuse);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', refuse);
      resolve();
    });
  });
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${actual}`;
}

function listenError(error: Error, host: string, port: number, what: string): SynthError {
  const code = systemErrorCode(error);
  const isTaken = code === 'EADDRINUSE';
  const reason = isTaken ? 'the port is in use' : describeSystemError(error);
  const hint = isTaken
    ? 'Choose another port, or 0 for one that is free.'
    : code === 'EACCES'
      ? 'Choose a port from 1024 on.'
      : 'Choose an address of this machine, such as 127.0.0.1.';
  return new SynthError('SYNTH_SYSTEM_LIMIT', `${what} cannot listen on ${host}, port ${port}: ${reason}`, {
    hint,
    cause: error,
  });
}

/** Ends a server with all of its connections. */
export async function stopServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
