/** The series of a target, against what tshark says; the commands stand in INDEX.md beside the captures. */
import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { captureInput } from '../../../src/capture/capture-file.js';
import { extractSeries, streamTarget } from '../../../src/series/extract.js';
import { parseDevice, parseFlow, type Target } from '../../../src/series/target.js';
import { sharedCapture, testWithCaptures } from '../../support/peers.js';

const targetOf = (text: string): Target => (text.includes(' ') ? parseFlow(text) : parseDevice(text));

const TRUTHS = [
  ['iot_ultraloq_hub.pcap', 'a4:cf:12:32:5b:88', 'iot_ultraloq_hub_a4_cf_12_32_5b_88.csv'],
  [
    'modbus_cset_4d5s.pcap',
    'TCP 192.168.43.148:4343 192.168.43.149:502',
    'modbus_cset_4d5s_TCP_192_168_43_148_4343_192_168_43_149_502.csv',
  ],
  ['rtp_711.pcap', 'UDP 10.1.3.143:5000 10.1.6.18:2006', 'rtp_711_UDP_10_1_3_143_5000_10_1_6_18_2006.csv'],
  [
    'skypeLANhome.pcap',
    'UDP 192.168.0.102:18826 192.168.0.105:26454',
    'skypeLANhome_UDP_192_168_0_102_18826_192_168_0_105_26454.csv',
  ],
  [
    'tls_ipv6_browsing.pcap',
    '2601:647:4b02:1d20:fd05:6f66:ecce:8bc7',
    'tls_ipv6_browsing_2601_647_4b02_1d20_fd05_6f66_ecce_8bc7.csv',
  ],
  ['video_xiaomi_cam.pcap', '192.168.1.161', 'video_xiaomi_cam_192_168_1_161.csv'],
] as const;

describe('tshark agrees on every packet', () => {
  for (const [file, identifier, truth] of TRUTHS) {
    testWithCaptures(`of ${identifier} in ${file}`, async () => {
      const [header, ...expected] = readFileSync(sharedCapture(`truth/${truth}`), 'utf8')
        .trim()
        .split('\n');
      expect(header).toBe('time_epoch,ip_len,is_source');
      const rows: string[] = [];
      const input = captureInput(sharedCapture(`dev/${file}`));
      const { packets } = await streamTarget([input], targetOf(identifier), ({ packet, outbound }) => {
        const { seconds, nanoseconds, sizeBytes } = packet;
        rows.push(`${seconds}.${String(nanoseconds).padStart(9, '0')},${sizeBytes},${outbound ? 1 : 0}`);
      });
      expect(rows.length).toBe(expected.length);
      expect(rows.findIndex((row, i) => row !== expected[i])).toBe(-1);
      expect(packets).toBe(expected.length);

      const { series } = await extractSeries([input], targetOf(identifier));
      const times = Array.from(series.offsetsNs, (offset) => series.startNs + BigInt(offset));
      const sorted = expected
        .map((row) => BigInt(row.slice(0, row.indexOf(',')).replace('.', '')))
        .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      expect(times.findIndex((time, i) => time !== sorted[i])).toBe(-1);
    });
  }
});

/** From INDEX.md: packets from and to each identifier, and the range of IP lengths in each direction, by tshark. */
const IDENTIFIERS = [
  ['dns_iodine_cname', 'UDP 192.168.117.128:56815 198.46.158.57:53', 9087, 8358, '71–310 / 89–566'],
  ['dns_iodine_cname', '192.168.117.128', 9089, 8360, '67–310 / 67–566'],
  ['ics_c37118_pmu', '192.168.0.18', 4722, 2381, '40–1074 / 40–58'],
  ['ics_c37118_pmu', 'TCP 192.168.0.42:11812 192.168.0.18:4712', 1303, 2589, '40–58 / 40–1074'],
  ['iot_blink_cam1', 'f4:b8:5e:ff:2b:1b', 14728, 9091, '40–1453 / 40–1180'],
  ['iot_blink_cam1', '192.168.1.129', 14621, 9091, '40–1453 / 40–1180'],
  ['iot_hue_switch_setup', '00:17:88:24:76:ff', 1130, 1263, '52–1500 / 52–590'],
  ['iot_hue_switch_setup', '10.10.10.6', 1124, 1263, '52–1500 / 52–590'],
  ['iot_ultraloq_hub', 'a4:cf:12:32:5b:88', 23773, 14158, '40–893 / 40–4348'],
  ['iot_ultraloq_hub', 'TCP 192.168.1.125:62243 44.240.121.186:8883', 1877, 1035, '40–893 / 40–1476'],
  ['modbus_cset_4d5s', '192.168.43.148', 60784, 46793, '40–63 / 40–59'],
  ['modbus_cset_4d5s', 'TCP 192.168.43.148:4343 192.168.43.149:502', 14017, 9381, '40–63 / 40–59'],
  ['rtp_711', 'UDP 10.1.3.143:5000 10.1.6.18:2006', 236, 229, '280–280 / 280–280'],
  ['rtp_711', '10.1.3.143', 255, 244, '40–280 / 40–280'],
  ['skypeLANhome', 'UDP 192.168.0.102:18826 192.168.0.105:26454', 3623, 3700, '70–222 / 69–257'],
  ['skypeLANhome', '10:08:b1:21:3f:cb', 4189, 3983, '32–1480 / 40–1480'],
  ['tls_ipv6_browsing', '2601:647:4b02:1d20:fd05:6f66:ecce:8bc7', 1993, 2447, '66–961 / 62–1500'],
  [
    'tls_ipv6_browsing',
    'TCP [2601:647:4b02:1d20:fd05:6f66:ecce:8bc7]:49735 [2620:1ec:c11::200]:443',
    522,
    529,
    '98–632 / 93–983',
  ],
  ['tls_ipv6_browsing', '8c:ec:4b:ca:16:5a', 3463, 3988, '46–983 / 41–1500'],
  ['video_dlink_cam_nsec', 'b0:c5:54:43:54:83', 2666, 164, '33–1500 / 33–1500'],
  ['video_dlink_cam_nsec', 'UDP 192.168.1.115:50775 192.168.1.222:56315', 1218, 9, '33–1478 / 33–98'],
  ['video_xiaomi_cam', 'UDP 192.168.1.161:10306 192.168.1.222:28391', 11151, 5048, '32–1060 / 32–720'],
  ['video_xiaomi_cam', '192.168.1.161', 18719, 8851, '32–1060 / 32–1500'],
  ['vnc_remote_desktop', '192.168.2.110', 1382, 3169, '40–74 / 40–75'],
  ['vnc_remote_desktop', 'TCP 95.237.48.208:59791 192.168.2.110:6900', 2485, 1058, '40–75 / 40–74'],
] as const;

describe('tshark agrees on the number and the sizes of packets', () => {
  for (const [file, identifier, from, to, range] of IDENTIFIERS) {
    testWithCaptures(`from and to ${identifier} in ${file}`, async () => {
      const sizes = { out: [] as number[], in: [] as number[] };
      await streamTarget(
        [captureInput(sharedCapture(`dev/${file}.pcap`))],
        targetOf(identifier),
        ({ packet, outbound }) => {
          sizes[outbound ? 'out' : 'in'].push(packet.sizeBytes);
        },
      );
      expect([sizes.out.length, sizes.in.length]).toEqual([from, to]);
      const span = (list: number[]) =>
        `${list.reduce((a, b) => Math.min(a, b))}–${list.reduce((a, b) => Math.max(a, b))}`;
      expect(`${span(sizes.out)} / ${span(sizes.in)}`).toBe(range);
    });
  }
});
