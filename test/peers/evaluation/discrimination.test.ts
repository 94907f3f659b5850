/** The score of real captures tells real packets from packets with something wrong. */
import { describeDiscrimination } from '../../evaluation/discriminating.js';
import { sharedCapture, testWithCaptures } from '../../support/peers.js';

/** Devices of different kinds: a quiet hub, long silences between uploads, a dense dialogue. */
const DEVICES = [
  { name: 'smart-lock hub', file: 'iot_ultraloq_hub', device: 'a4:cf:12:32:5b:88' },
  { name: 'battery camera', file: 'iot_blink_cam1', device: 'f4:b8:5e:ff:2b:1b' },
  { name: 'remote desktop', file: 'vnc_remote_desktop', device: '192.168.2.110' },
];

for (const { file, ...device } of DEVICES) {
  describeDiscrimination({ ...device, file: sharedCapture(`dev/${file}.pcap`) }, testWithCaptures);
}
