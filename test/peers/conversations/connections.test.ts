/** Connections of real devices, counted by tshark too. */
import { expect } from 'vitest';
import { connectionsOf } from '../../../src/conversations/connections.js';
import { loadSeries } from '../../../src/series/load.js';
import { parseDevice } from '../../../src/series/target.js';
import { sharedCapture, testWithCaptures } from '../../support/peers.js';

// Numbers of different tcp.stream and udp.stream of tshark 4.0.17 -Y "eth.addr==DEVICE && !icmp && !icmpv6".
for (const [capture, device, tcpStreams, udpStreams] of [
  ['iot_hue_switch_setup', '00:17:88:24:76:ff', 201, 11],
  ['skypeLANhome', '10:08:b1:21:3f:cb', 85, 17],
  ['tls_ipv6_browsing', '8c:ec:4b:ca:16:5a', 334, 0],
  ['iot_ultraloq_hub', 'a4:cf:12:32:5b:88', 53, 61],
] as const) {
  testWithCaptures(`the connections of ${capture} are those that tshark sees`, async () => {
    const { series } = await loadSeries([sharedCapture(`dev/${capture}.pcap`)], parseDevice(device));
    const { connections } = connectionsOf(series[0]!);
    const count = (protocol: number) => connections.filter((one) => one.conversation.protocol === protocol).length;
    expect([count(6), count(17)]).toEqual([tcpStreams, udpStreams]);
  });
}
