// A broker of our own for benchmarks: Debian's mosquitto on a port that nobody else has.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function isListening(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

export async function startMosquitto() {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'synth-mosquitto-'));
  const configuration = join(folder, 'mosquitto.conf');
  const lines = [
    'allow_anonymous true',
    'persistence false',
    'max_queued_messages 100000',
    'max_inflight_messages 1000',
    'log_type error',
    'sys_interval 1',
    'set_tcp_nodelay true',
  ];
  writeFileSync(configuration, `listener ${port} 127.0.0.1\n${lines.join('\n')}\n`);
  const child = spawn('mosquitto', ['-c', configuration], { stdio: 'ignore' });
  while (!(await isListening(port))) await pause(50);
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    /** Resident memory, in bytes. */
    memoryBytes: () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) * 1024,
    async stop() {
      child.kill();
      await once(child, 'close');
      rmSync(folder, { recursive: true });
    },
  };
}
