// A large capture of many UDP flows, the same on every run.
import { closeSync, openSync, writeSync } from 'node:fs';

const FLOWS = 50;

/** The flow that the benchmarks extract: one packet in fifty, half of them in each direction. */
export const benchFlow = {
  synth: 'UDP 10.0.0.7:40007 10.1.0.7:5007',
  tcpdump: 'udp and host 10.0.0.7 and host 10.1.0.7 and port 40007 and port 5007',
};

/** @param onlyOne all packets belong to that flow */
export function makeCapture(path, packets, onlyOne = false) {
  const file = openSync(path, 'w');
  const chunk = Buffer.alloc(4 * 1024 * 1024);
  chunk.writeUInt32LE(0xa1b2c3d4, 0);
  chunk.writeUInt16LE(2, 4);
  chunk.writeUInt16LE(4, 6);
  chunk.writeUInt32LE(262144, 16);
  chunk.writeUInt32LE(1, 20);
  let at = 24;
  let state = 1;
  for (let i = 0; i < packets; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const flow = onlyOne ? 7 : (state >>> 16) % FLOWS;
    const inbound = (state >>> 8) & 1;
    const size = 28 + ((state >>> 10) % 100); // IP length: small packets, the hard case
    const frame = 14 + size;
    if (at + 16 + frame > chunk.length) {
      writeSync(file, chunk, 0, at);
      at = 0;
    }
    chunk.writeUInt32LE(1_700_000_000 + Math.floor(i / 50_000), at);
    chunk.writeUInt32LE((i % 50_000) * 20, at + 4);
    chunk.writeUInt32LE(frame, at + 8);
    chunk.writeUInt32LE(frame, at + 12);
    const ip = at + 16 + 14;
    chunk.fill(0, at + 16, at + 16 + frame);
    chunk[at + 16 + 5] = chunk[at + 16 + 11] = 2;
    chunk.writeUInt16BE(0x0800, ip - 2);
    chunk[ip] = 0x45;
    chunk.writeUInt16BE(size, ip + 2);
    chunk[ip + 8] = 64;
    chunk[ip + 9] = 17;
    const [source, destination] = inbound ? [1, 0] : [0, 1];
    chunk.writeUInt32BE(((10 << 24) | (source << 16) | flow) >>> 0, ip + 12);
    chunk.writeUInt32BE(((10 << 24) | (destination << 16) | flow) >>> 0, ip + 16);
    chunk.writeUInt16BE((inbound ? 5000 : 40000) + flow, ip + 20);
    chunk.writeUInt16BE((inbound ? 40000 : 5000) + flow, ip + 22);
    chunk.writeUInt16BE(size - 20, ip + 24);
    at += 16 + frame;
  }
  writeSync(file, chunk, 0, at);
  closeSync(file);
}
