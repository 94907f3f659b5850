/** Two hosts with a cable between them, as network namespaces: for whatever takes root and must not leave this machine. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';
import { type TestContext, test } from 'vitest';
import { isInstalled } from './peers.js';

export interface Host {
  /** Of its end of the cable: Ethernet, and up. */
  readonly interfaceName: string;
  readonly ipv4: string;
  readonly ipv6: string;
  /** Runs something in the namespace: sockets that are opened stay there. Of an asynchronous function it is what comes before its first wait. */
  inside<T>(action: () => T): T;
  /** Runs a program there, and returns what it prints. */
  run(program: string, ...args: readonly string[]): string;
  /** The same program as a command, for whoever starts it otherwise. */
  command(program: string, ...args: readonly string[]): readonly [string, ...string[]];
  /** Mounts the sysfs of the namespace in a folder, until `unmount`. */
  mountSysfs(folder: string): { unmount(): void };
}

export interface Network {
  readonly here: Host;
  readonly there: Host;
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}

const ip = (...args: readonly string[]): string => run('ip', args);

function reasonToSkip(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces take root';
  return spawnSync('ip', ['netns', 'list']).status === 0 ? undefined : 'there are no network namespaces here';
}

/** A test with two hosts, 10.77.0.1 and 10.77.0.2; skipped where there cannot be any, unless SYNTH_REQUIRE_PEERS is set. @param programs that it needs beside them */
export function testWithNetwork(
  name: string,
  body: (network: Network) => Promise<void> | void,
  programs: readonly string[] = [],
): void {
  test(name, async (context: TestContext) => {
    const missing = programs.filter((program) => !isInstalled(program));
    const reason = reasonToSkip() ?? (missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined);
    if (reason !== undefined) {
      if (process.env['SYNTH_REQUIRE_PEERS']) throw new Error(reason);
      context.skip(reason);
    }
    await withNetwork(body);
  });
}

/** Makes the hosts and takes them away again. */
export async function withNetwork(body: (network: Network) => Promise<void> | void): Promise<void> {
  const prefix = `synth-${process.pid}-${Math.floor(performance.now())}`;
  const names = [`${prefix}-a`, `${prefix}-b`];
  try {
    for (const name of names) {
      ip('netns', 'add', name);
      // Nobody else has these addresses, and asking takes seconds in which IPv6 does not work.
      run('ip', ['netns', 'exec', name, 'sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0']);
    }
    const end = (index: number) => ['name', `cable${index}`, 'address', macOf(index)];
    ip('-n', names[0]!, 'link', 'add', ...end(0), 'type', 'veth', 'peer', ...end(1), 'netns', names[1]!);
    const [here, there] = names.map(host);
    await body({ here: here!, there: there! });
  } finally {
    for (const name of names) spawnSync('ip', ['netns', 'delete', name]);
  }
}

const macOf = (index: number): string => `02:00:00:00:77:0${index + 1}`;
const ipv4Of = (index: number): string => `10.77.0.${index + 1}`;
const ipv6Of = (index: number): string => `fd77::${index + 1}`;

function host(namespace: string, index: number): Host {
  const interfaceName = `cable${index}`;
  const [ipv4, ipv6] = [ipv4Of(index), ipv6Of(index)];
  ip('-n', namespace, 'address', 'add', `${ipv4}/24`, 'dev', interfaceName);
  ip('-n', namespace, 'address', 'add', `${ipv6}/64`, 'dev', interfaceName, 'nodad');
  ip('-n', namespace, 'link', 'set', interfaceName, 'up');
  ip('-n', namespace, 'link', 'set', 'lo', 'up');
  // Known from the beginning: the first question for a neighbour may be lost, and the next takes a second.
  for (const neighbour of [ipv4Of(1 - index), ipv6Of(1 - index)]) {
    ip('-n', namespace, 'neighbour', 'add', neighbour, 'lladdr', macOf(1 - index), 'dev', interfaceName);
  }
  const path = `/var/run/netns/${namespace}`;
  return {
    interfaceName,
    ipv4,
    ipv6,
    inside: (action) => inside(path, action),
    run: (program, ...args) => run('ip', ['netns', 'exec', namespace, program, ...args]),
    command: (program, ...args) => ['ip', 'netns', 'exec', namespace, program, ...args],
    mountSysfs: (folder) => {
      run('nsenter', [`--net=${path}`, 'mount', '-t', 'sysfs', 'sysfs', folder]);
      return { unmount: () => run('umount', [folder]) };
    },
  };
}

const CLONE_NEWNET = 0x4000_0000;

function inside<T>(path: string, action: () => T): T {
  const setns = koffi.load(null).func('int setns(int fd, int type)');
  const own = openSync('/proc/thread-self/ns/net', 'r');
  const other = openSync(path, 'r');
  try {
    if (setns(other, CLONE_NEWNET) !== 0) throw new Error(`setns: ${koffi.errno()}`);
    return action();
  } finally {
    setns(own, CLONE_NEWNET);
    closeSync(other);
    closeSync(own);
  }
}
