/** @module When there is room again in the buffer of a native socket. */
import { LINUX, type Linux } from '../../host/native/linux.js';

const PATIENCE_MS = 5;

/** Blocks the thread until the socket takes something, at most some milliseconds. */
export async function roomInSocket(linux: Linux, descriptor: number): Promise<void> {
  const request = new Uint8Array(8);
  new DataView(request.buffer).setInt32(0, descriptor, true);
  request[4] = LINUX.POLLOUT;
  linux.poll(request, 1, PATIENCE_MS);
}
