/**
 * @module
 * Payloads that are messages of the protocol that the port says, and on all other ports what dissectors take no offence at.
 */
import { IP_PROTOCOL } from '../../net/ip-protocol.js';
import type { Random } from '../../random.js';
import type { PayloadSource, PayloadStream } from '../payload-stream.js';
import {
  type Circumstances,
  type DatagramApplication,
  DatagramStream,
  type SegmentApplication,
  SegmentStream,
} from './application.js';
import { FillerPool } from './filler-pool.js';
import { coap } from './protocols/coap.js';
import { dhcp } from './protocols/dhcp.js';
import { dns, dnsOverTcp, llmnr } from './protocols/dns.js';
import { http } from './protocols/http.js';
import { mdns } from './protocols/mdns.js';
import { modbus } from './protocols/modbus.js';
import { mqtt } from './protocols/mqtt.js';
import { netbiosNames } from './protocols/netbios.js';
import { ntp } from './protocols/ntp.js';
import { quic } from './protocols/quic.js';
import { sip, sipOverTcp } from './protocols/sip.js';
import { ssdp } from './protocols/ssdp.js';
import { tls } from './protocols/tls.js';
import { Unspoken } from './unspoken.js';

type Begin<Application> = (circumstances: Circumstances) => Application;

interface Datagrams {
  readonly begin: Begin<DatagramApplication>;
  /** A shorter datagram is malformed whatever it holds: it ends within the header, or in DHCP before the options. 0 where there is no such bound. */
  readonly minBytes: number;
}

const OF_UDP: ReadonlyMap<number, Datagrams> = new Map([
  [53, { begin: dns, minBytes: 12 }],
  [67, { begin: dhcp, minBytes: 244 }],
  [68, { begin: dhcp, minBytes: 244 }],
  [123, { begin: ntp, minBytes: 4 }],
  [137, { begin: netbiosNames, minBytes: 12 }],
  [443, { begin: quic, minBytes: 21 }],
  [1900, { begin: ssdp, minBytes: 0 }],
  [5060, { begin: sip, minBytes: 0 }],
  [5353, { begin: mdns, minBytes: 12 }],
  [5355, { begin: llmnr, minBytes: 12 }],
  [5683, { begin: coap, minBytes: 4 }],
]);

/** FTP, IMAP, POP3, LDAP, mail, DNS, SIP, AMQP, XMPP and MQTT over TLS, and the web. */
const TLS_PORTS = [443, 465, 636, 853, 989, 990, 993, 995, 5061, 5223, 5671, 8443, 8883];
const HTTP_PORTS = [80, 8000, 8080];
const OF_TCP: ReadonlyMap<number, Begin<SegmentApplication>> = new Map([
  ...TLS_PORTS.map((port) => [port, tls] as const),
  ...HTTP_PORTS.map((port) => [port, http] as const),
  [53, dnsOverTcp],
  [502, modbus],
  [1883, mqtt],
  [5060, sipOverTcp],
]);

/** Ports whose protocol is spoken. */
export const SPOKEN_PORTS = { UDP: [...OF_UDP.keys()], TCP: [...OF_TCP.keys()] } as const;

export class ProtocolPayload implements PayloadSource {
  readonly preamble: Uint8Array;
  readonly #pool: FillerPool;
  readonly #random: Random;
  readonly #unspoken: Unspoken;

  constructor(random: Random) {
    this.#pool = new FillerPool(random);
    this.preamble = this.#pool.preamble;
    this.#random = random;
    this.#unspoken = new Unspoken(this.#pool, random.split('unspoken'));
  }

  minBytes(protocol: number, servicePort: number): number {
    return protocol === IP_PROTOCOL.udp ? (OF_UDP.get(servicePort)?.minBytes ?? 0) : 0;
  }

  begin({ protocol, servicePort, multicast }: Parameters<PayloadSource['begin']>[0]): PayloadStream {
    const beginDatagrams = protocol === IP_PROTOCOL.udp ? OF_UDP.get(servicePort)?.begin : undefined;
    const beginSegments = protocol === IP_PROTOCOL.tcp ? OF_TCP.get(servicePort) : undefined;
    if (beginDatagrams === undefined && beginSegments === undefined)
      return this.#unspoken.stream(protocol, servicePort);
    const random = this.#random;
    const circumstances = { servicePort, multicast, random };
    if (beginDatagrams !== undefined) return new DatagramStream(beginDatagrams(circumstances), this.#pool, random);
    return new SegmentStream(beginSegments!(circumstances), this.#pool, random);
  }
}
