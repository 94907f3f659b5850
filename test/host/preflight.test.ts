import { expect, test } from 'vitest';
import type { Linux } from '../../src/host/native/linux.js';
import { checkInterface, type PreflightSystem, preflight, thisSystem } from '../../src/host/preflight.js';
import {
  defaultRoutesIpv4,
  defaultRoutesIpv6,
  hasDefaultRoute,
  interfaceNames,
  type SystemFiles,
} from '../../src/host/system-files.js';
import type { FramesSpec, StreamOptions, TcpSpec } from '../../src/host/transport-spec.js';
import { expectSynthError } from '../support/read.js';

const filesOf = (texts: Readonly<Record<string, string>>): SystemFiles => ({ read: (path) => texts[path] });

const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:  126108    1382    0    0    0     0          0         0   126108    1382    0    0    0     0       0          0
  eth0: 1000       10    0    0    0     0          0         0     1000      10    0    0    0     0       0          0
wlan0.7: 0       0    0    0    0     0          0         0     0      0    0    0    0     0       0          0`;

/** An Ethernet interface in order, and what is different. */
const withInterface = (changes: Readonly<Record<string, string>> = {}): SystemFiles => {
  const fields = { flags: '0x1003', carrier: '1', mtu: '1500', type: '1', ...changes };
  const entries = Object.entries(fields).map(([field, text]) => [`/sys/class/net/eth0/${field}`, text]);
  return filesOf({ '/proc/net/dev': NET_DEV, ...Object.fromEntries(entries) });
};

const limitOf = (files: SystemFiles, name = 'eth0', maxBytes = 1514) =>
  expectSynthError(() => checkInterface(name, maxBytes, files), 'SYNTH_SYSTEM_LIMIT');

test('an interface that is in order, and loopback, pass', () => {
  checkInterface('eth0', 1514, withInterface());
  checkInterface('eth0', 1518, withInterface());
  checkInterface('eth0', 1514, withInterface({ type: '772' }));
  checkInterface('lo', 1514, filesOf({ '/proc/net/dev': NET_DEV }));
  checkInterface('anything', 1514, filesOf({}));
});

test('an interface that there is not is named with those that there are, and the nearest', async () => {
  expect(interfaceNames(withInterface())).toEqual(['lo', 'eth0', 'wlan0.7']);
  const misspelt = await limitOf(withInterface(), 'eht0');
  expect(misspelt.message).toContain('lo, eth0, wlan0.7');
  expect(misspelt.hint).toBe('Did you mean eth0?');
  expect((await limitOf(withInterface(), 'enp0s31f6')).hint).toContain('`interface`');
});

test('an interface that is down, or has no carrier, comes with what to do', async () => {
  expect((await limitOf(withInterface({ flags: '0x1002' }))).hint).toBe('Bring it up with: ip link set dev eth0 up');
  const { message } = await limitOf(withInterface({ carrier: '0' }));
  expect(message).toContain('no carrier');
});

test('an interface that is not Ethernet takes no frames', async () => {
  // ARPHRD_NONE of linux/if_arp.h: a tunnel.
  const { message, hint } = await limitOf(withInterface({ type: '65534' }));
  expect(message).toContain('65534');
  expect(hint).toContain('`to` raw://');
});

test('frames that are longer than the MTU are named with both lengths and what to do', async () => {
  const { message, hint } = await limitOf(withInterface({ mtu: '1400' }));
  expect(message).toBe('the longest frame has 1,514 bytes; eth0 takes 1,414, by its MTU of 1400');
  expect(hint).toContain('ip link set dev eth0 mtu 1500');
  expect(hint).toContain('`mtu: 1400`');
});

const options: StreamOptions = {
  channels: 1,
  framing: 'length',
  connectTimeoutMs: 1000,
  stallTimeoutMs: 1000,
  reconnect: true,
};

function tcpSpec(channels: number, bind: readonly string[] = [], port = 0): TcpSpec {
  const target = { address: '127.0.0.1', port: 8000 };
  return { ...options, kind: 'tcp', target, channels, bind: bind.map((address) => ({ address, port })) };
}

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            1024                 524288               files
Max locked memory         8388608              8388608              bytes`;

const limits: PreflightSystem = {
  files: filesOf({ '/proc/self/limits': LIMITS, '/proc/sys/net/ipv4/ip_local_port_range': '60000\t60499' }),
  linux: undefined,
};

test('every channel needs a file descriptor, and the process some more', async () => {
  const unix = { ...options, kind: 'unix', path: '/run/sink.sock' } as const;
  preflight({ spec: { ...unix, channels: 960 }, maxBytes: 100 }, limits);
  const error = await expectSynthError(
    () => preflight({ spec: { ...unix, channels: 961 }, maxBytes: 100 }, limits),
    'SYNTH_SYSTEM_LIMIT',
  );
  expect(error.hint).toBe('Raise the limit with: ulimit -n 1025');
});

test('channels need ports, which each source address has', async () => {
  preflight({ spec: tcpSpec(500), maxBytes: 100 }, limits);
  preflight({ spec: tcpSpec(900, ['127.0.0.2', '127.0.0.3']), maxBytes: 100 }, limits);
  const error = await expectSynthError(
    () => preflight({ spec: tcpSpec(900), maxBytes: 100 }, limits),
    'SYNTH_SYSTEM_LIMIT',
  );
  expect(error.message).toContain('900 channels need more ports than the 500');
  expect(error.hint).toContain('Name 2 addresses with `bind`');
});

test('a source port is for one channel', async () => {
  preflight({ spec: tcpSpec(2, ['127.0.0.2', '127.0.0.3'], 4000), maxBytes: 100 }, limits);
  const error = await expectSynthError(
    () => preflight({ spec: tcpSpec(3, ['127.0.0.2', '127.0.0.3'], 4000), maxBytes: 100 }, limits),
    'SYNTH_SYSTEM_LIMIT',
  );
  expect(error.message).toBe('2 channels cannot all have the source port 4000 of 127.0.0.2');
});

test('source addresses are of the version of the target', async () => {
  const error = await expectSynthError(
    () => preflight({ spec: tcpSpec(1, ['::1']), maxBytes: 100 }, limits),
    'SYNTH_USAGE',
  );
  expect(error.hint).toContain('IPv4');
});

test('where the system says nothing, nothing is in the way', () => {
  preflight({ spec: tcpSpec(100_000), maxBytes: 100 }, { files: filesOf({}), linux: undefined });
});

test('packet sockets and raw sockets take privileges, and how to get them is said', async () => {
  // A kernel that refuses.
  const linux = { socket: () => -1, errorName: () => 'EPERM' } as unknown as Linux;
  const system = { files: withInterface(), linux };
  const frames: FramesSpec = { kind: 'frames', interfaceName: 'eth0', qdiscBypass: true };
  for (const spec of [frames, { kind: 'raw' } as const]) {
    const error = await expectSynthError(() => preflight({ spec, maxBytes: 100 }, system), 'SYNTH_SYSTEM_LIMIT');
    expect(error.hint).toContain('cap_net_raw');
  }
});

test('default routes are those for all addresses that are in use', () => {
  const header = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';
  const ipv4 = [
    'eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth1\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    'eth2\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0', // 0.0.0.0/1, as a VPN has it
    'eth3\t00000000\t00000000\t0200\t0\t0\t0\t00000000\t0\t0\t0', // refused
  ];
  expect(defaultRoutesIpv4([header, ...ipv4, ''].join('\n'))).toEqual(['eth0', 'eth2']);
  const zeros = '0'.repeat(32);
  const ipv6 = [
    `fd00${'0'.repeat(28)} 40 ${zeros} 00 ${zeros} 00000100 00000001 00000000 00000001     eth0`,
    `${zeros} 00 ${zeros} 00 fd00${'0'.repeat(27)}1 00000400 00000002 00000000 00000003     eth1`,
    `${zeros} 00 ${zeros} 00 ${zeros} ffffffff 00000001 00000000 00200200       lo`,
  ];
  expect(defaultRoutesIpv6(ipv6.join('\n'))).toEqual(['eth1']);
  const files = filesOf({ '/proc/net/route': ipv4.join('\n'), '/proc/net/ipv6_route': ipv6.join('\n') });
  expect(['eth0', 'eth1', 'lo'].map((name) => hasDefaultRoute(name, files))).toEqual([true, true, false]);
  expect(hasDefaultRoute('eth0', filesOf({}))).toBe(false);
});

test('this host passes for a few sockets on loopback', async () => {
  preflight({ spec: tcpSpec(10), maxBytes: 100 }, await thisSystem());
});
