/** @module What Linux says of itself in files: interfaces, limits, ranges and routes. */
import { readFileSync } from 'node:fs';

export interface SystemFiles {
  /** The text of a file, without white space around it; undefined where there is none, or it cannot be read. */
  read(path: string): string | undefined;
}

/** Of this host. */
export const systemFiles: SystemFiles = {
  read: (path) => {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      // Other systems have no such files, and some say by an error that they do not apply: the carrier of what is down.
      return undefined;
    }
  },
};

/** Numbers of linux/if_arp.h. */
export const LINK_TYPE = { ethernet: 1, loopback: 772 } as const;
/** linux/if.h. */
const IFF_UP = 1;

export interface InterfaceState {
  readonly isUp: boolean;
  /** Whether something is at the other end; undefined where nobody knows. */
  readonly hasCarrier: boolean | undefined;
  readonly mtu: number;
  /** See `LINK_TYPE`. */
  readonly linkType: number;
}

/** The interfaces of this host; empty where it does not say. */
export function interfaceNames(files: SystemFiles): string[] {
  const lines = files.read('/proc/net/dev')?.split('\n') ?? [];
  return lines.flatMap((line) => /^\s*([^\s|]+):/.exec(line)?.[1] ?? []);
}

/** Undefined where there is no such interface, or the system does not say. */
export function interfaceState(files: SystemFiles, name: string): InterfaceState | undefined {
  const field = (field: string) => files.read(`/sys/class/net/${name}/${field}`);
  const flags = field('flags');
  if (flags === undefined) return undefined;
  const carrier = field('carrier');
  return {
    isUp: (Number(flags) & IFF_UP) !== 0,
    hasCarrier: carrier === undefined ? undefined : carrier === '1',
    mtu: Number(field('mtu')),
    linkType: Number(field('type')),
  };
}

/** How many files this process may have open; undefined where there is no limit, or the system does not say. */
export function maxOpenFiles(files: SystemFiles): number | undefined {
  const soft = /^Max open files\s+(\d+)/m.exec(files.read('/proc/self/limits') ?? '')?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/** How many ports the system gives out; undefined where it does not say. */
export function portsToGive(files: SystemFiles): number | undefined {
  const range = /^(\d+)\s+(\d+)$/.exec(files.read('/proc/sys/net/ipv4/ip_local_port_range') ?? '');
  return range === null ? undefined : Number(range[2]) - Number(range[1]) + 1;
}

/** linux/route.h. */
const RTF_UP = 0x0001;
const RTF_REJECT = 0x0200;

/** Bridges in bonds and the like are not nested any deeper. */
const MAX_MASTERS = 8;

/** The interface, what it is a port of (a bridge, a bond), and so on. */
function withMasters(interfaceName: string, files: SystemFiles): readonly string[] {
  const names = [interfaceName];
  for (let i = 0; i < MAX_MASTERS; i++) {
    const master = /^INTERFACE=(.+)$/m.exec(files.read(`/sys/class/net/${names.at(-1)}/master/uevent`) ?? '')?.[1];
    if (master === undefined) break;
    names.push(master);
  }
  return names;
}

/** Whether an interface leads to the rest of the world: in IPv4 or IPv6 it, or the bridge that it is a port of, has a route for all addresses. */
export function hasDefaultRoute(interfaceName: string, files: SystemFiles): boolean {
  const routes = [
    ...defaultRoutesIpv4(files.read('/proc/net/route') ?? ''),
    ...defaultRoutesIpv6(files.read('/proc/net/ipv6_route') ?? ''),
  ];
  return withMasters(interfaceName, files).some((name) => routes.includes(name));
}

/** @param text of /proc/net/route. @returns the interfaces of default routes */
export function defaultRoutesIpv4(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', destination, , flags = '', , , , mask] = line.trim().split(/\s+/);
    // A VPN may have two routes for half of them each.
    const isDefault = destination === '00000000' && (mask === '00000000' || mask === '00000080');
    return isDefault && isInUse(flags) ? [name] : [];
  });
}

/** The same of /proc/net/ipv6_route. */
export function defaultRoutesIpv6(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [destination = '', prefixLength, , , , , , , flags = '', name = ''] = line.trim().split(/\s+/);
    return /^0{32}$/.test(destination) && prefixLength === '00' && isInUse(flags) ? [name] : [];
  });
}

function isInUse(flags: string): boolean {
  const bits = Number.parseInt(flags, 16);
  return (bits & RTF_UP) !== 0 && (bits & RTF_REJECT) === 0;
}
