// Two network namespaces with a wire between them, for one benchmark; needs root. What leaves `near` arrives at `far`.
import { execFileSync, spawn } from 'node:child_process';

const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });

export function makeWire() {
  const id = process.pid.toString(36);
  const wire = { near: `synth-n${id}`, far: `synth-f${id}`, nearInterface: 'near0', farInterface: 'far0' };
  ip('netns', 'add', wire.near);
  ip('netns', 'add', wire.far);
  ip('-n', wire.near, 'link', 'add', 'near0', 'type', 'veth', 'peer', 'name', 'far0', 'netns', wire.far);
  for (const [namespace, name, address] of [
    [wire.near, 'near0', '10.99.0.1/24'],
    [wire.far, 'far0', '10.99.0.2/24'],
  ]) {
    // Nothing but what is sent shall be on the wire.
    ip('netns', 'exec', namespace, 'sysctl', '-qw', `net.ipv6.conf.${name}.disable_ipv6=1`);
    ip('-n', namespace, 'address', 'add', address, 'dev', name);
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    ip('-n', namespace, 'link', 'set', name, 'up');
  }
  return {
    ...wire,
    inNear: (command) => ['ip', 'netns', 'exec', wire.near, ...command],
    inFar: (command) => ['ip', 'netns', 'exec', wire.far, ...command],
    remove: () => {
      ip('netns', 'del', wire.near);
      ip('netns', 'del', wire.far);
    },
  };
}

/** Frames that have arrived at an interface, by the count of the kernel. */
export function arrivedPackets(wire) {
  const [program, ...args] = wire.inFar(['cat', `/sys/class/net/${wire.farInterface}/statistics/rx_packets`]);
  return Number(execFileSync(program, args, { encoding: 'utf8' }));
}

/** tcpdump at the far end, with timestamps in ns, while `body` runs. */
export async function capture(wire, path, filter, body) {
  const command = ['tcpdump', '-i', wire.farInterface, '-w', path, '-s', '128', '-B', '65536', '-n'];
  const [program, ...args] = wire.inFar([...command, '--time-stamp-precision=nano', ...filter]);
  const tcpdump = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  await new Promise((resolve) => {
    tcpdump.stderr.on('data', (chunk) => {
      said += chunk;
      if (said.includes('listening on')) resolve();
    });
  });
  try {
    await body();
  } finally {
    await new Promise((resolve) => setTimeout(resolve, 1500)); // its buffer is read once a second
    tcpdump.kill('SIGINT');
    await new Promise((resolve) => tcpdump.on('close', resolve));
  }
  const [, dropped] = /(\d+) packets dropped by kernel/.exec(said) ?? [];
  if (dropped !== '0') throw new Error(`tcpdump has lost ${dropped} packets`);
}
