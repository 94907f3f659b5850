/**
 * @module
 * The system calls of Linux that Node.js does not have, through koffi: sockets of any family, many packets with one call, exact sleep.
 * Numbers are those of 64-bit little-endian Linux (asm-generic), which is where `openLinux` succeeds.
 */
import { arch, endianness, platform } from 'node:os';
import { getSystemErrorName } from 'node:util';

/** <sys/socket.h>, <linux/if_packet.h>, <netinet/in.h>, <linux/ipv6.h>, <poll.h>, <time.h> and <linux/prctl.h>, <linux/sockios.h>, <linux/if_arp.h>. */
export const LINUX = {
  AF_INET: 2,
  AF_INET6: 10,
  AF_PACKET: 17,
  SOCK_DGRAM: 2,
  SOCK_RAW: 3,
  SOCK_NONBLOCK: 0o4000,
  SOCK_CLOEXEC: 0o2000000,
  SOL_SOCKET: 1,
  SO_BROADCAST: 6,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_SNDBUFFORCE: 32,
  SO_RCVBUFFORCE: 33,
  /** Of the 64-bit variant: struct timespec in ancillary data. */
  SO_TIMESTAMPNS: 35,
  /** Since 4.12: what a socket holds, and what it has dropped, as 32-bit numbers. */
  SO_MEMINFO: 55,
  SOL_IP: 0,
  IP_PKTINFO: 8,
  IP_HDRINCL: 3,
  SOL_IPV6: 41,
  IPV6_V6ONLY: 26,
  IPV6_HDRINCL: 36,
  IPV6_RECVPKTINFO: 49,
  IPV6_PKTINFO: 50,
  SOL_PACKET: 263,
  PACKET_QDISC_BYPASS: 20,
  IPPROTO_RAW: 255,
  MSG_DONTWAIT: 0x40,
  POLLIN: 1,
  POLLOUT: 4,
  CLOCK_MONOTONIC: 1,
  PR_SET_TIMERSLACK: 29,
  PRIO_PROCESS: 0,
  SIOCGIFMTU: 0x8921,
  SIOCGIFHWADDR: 0x8927,
  ARPHRD_ETHER: 1,
} as const;

/** Every call gives what the C function gives; after -1 `errorName` says why. Buffers are typed arrays, null where C has NULL. */
export interface Linux {
  socket(family: number, type: number, protocol: number): number;
  close(descriptor: number): number;
  bind(descriptor: number, address: Uint8Array, length: number): number;
  connect(descriptor: number, address: Uint8Array, length: number): number;
  getsockname(descriptor: number, address: Uint8Array, length: Int32Array): number;
  setsockopt(descriptor: number, level: number, option: number, value: Int32Array, length: number): number;
  getsockopt(descriptor: number, level: number, option: number, value: Int32Array, length: Int32Array): number;
  sendmmsg(descriptor: number, messages: Uint8Array, count: number, flags: number): number;
  recvmmsg(descriptor: number, messages: Uint8Array, count: number, flags: number, timeout: null): number;
  /** @param descriptors struct pollfd: 8 bytes each */
  poll(descriptors: Uint8Array, count: number, timeoutMs: number): number;
  /** The same without blocking the thread; answers the count, or -1. */
  pollAsync(descriptors: Uint8Array, count: number, timeoutMs: number): Promise<number>;
  /** @param time struct timespec: two 64-bit integers */
  clock_nanosleep(clock: number, flags: number, time: BigInt64Array, rest: null): number;
  prctl(option: number, value: number): number;
  /** @param parameter struct that the request reads and writes */
  ioctl(descriptor: number, request: number, parameter: Uint8Array): number;
  gettid(): number;
  setpriority(which: number, id: number, priority: number): number;
  if_nametoindex(name: string): number;
  /** Where a typed array lies in memory. It stays there as long as it lives. */
  address(bytes: ArrayBufferView): bigint;
  /** The name of the error of the last call, such as `EAGAIN`. */
  errorName(): string;
  errorNumber(): number;
}

let opened: Promise<Linux | undefined> | undefined;

/** Undefined where there is no such system, or koffi has no build for it. */
export function openLinux(): Promise<Linux | undefined> {
  opened ??= open();
  return opened;
}

async function open(): Promise<Linux | undefined> {
  const is64Bit = ['x64', 'arm64', 'riscv64', 'loong64'].includes(arch());
  if (platform() !== 'linux' || endianness() !== 'LE' || !is64Bit) return undefined;
  const { default: koffi } = await import('koffi').catch(() => ({ default: undefined }));
  if (koffi === undefined) return undefined;
  const libc = koffi.load(null);
  const poll = libc.func('int poll(void *fds, ulong nfds, int timeout)');
  const prctl = libc.func('int prctl(int option, ulong a, ulong b, ulong c, ulong d)');
  return {
    socket: libc.func('int socket(int domain, int type, int protocol)'),
    close: libc.func('int close(int fd)'),
    bind: libc.func('int bind(int fd, void *address, uint length)'),
    connect: libc.func('int connect(int fd, void *address, uint length)'),
    getsockname: libc.func('int getsockname(int fd, void *address, void *length)'),
    setsockopt: libc.func('int setsockopt(int fd, int level, int option, void *value, uint length)'),
    getsockopt: libc.func('int getsockopt(int fd, int level, int option, void *value, void *length)'),
    sendmmsg: libc.func('int sendmmsg(int fd, void *messages, uint count, int flags)'),
    recvmmsg: libc.func('int recvmmsg(int fd, void *messages, uint count, int flags, void *timeout)'),
    poll,
    pollAsync: (descriptors, count, timeoutMs) =>
      new Promise((resolve, reject) =>
        poll.async(descriptors, count, timeoutMs, (error: unknown, result: number) =>
          error ? reject(error) : resolve(result),
        ),
      ),
    clock_nanosleep: libc.func('int clock_nanosleep(int clock, int flags, void *time, void *rest)'),
    prctl: (option, value) => prctl(option, value, 0, 0, 0),
    ioctl: libc.func('int ioctl(int fd, ulong request, void *parameter)'),
    gettid: libc.func('int gettid()'),
    setpriority: libc.func('int setpriority(int which, uint id, int priority)'),
    if_nametoindex: libc.func('uint if_nametoindex(str name)'),
    address: (bytes) => koffi.address(bytes),
    errorNumber: () => koffi.errno(),
    errorName: () => errorNameOf(koffi.errno()),
  };
}

const errorNameOf = (errno: number): string => (errno === 0 ? 'EOK' : getSystemErrorName(-errno));
