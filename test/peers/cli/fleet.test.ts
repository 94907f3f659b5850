/** The examples of fleets that talk to a broker. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { ownCertificate } from '../../support/certificate.js';
import { workFolder } from '../../support/cli.js';
import { expectWhole, runExample } from '../../support/fleet-runs.js';
import { httpCollector, mediaServer } from '../../support/fleet-servers.js';
import { startMosquitto } from '../../support/mosquitto.js';
import { testWithPeers } from '../../support/peers.js';

const cwd = workFolder();

describe('the examples', () => {
  testWithPeers(['mosquitto'], 'for a broker run, all at the same time', async () => {
    // Each has a broker of its own, since devices of two examples may have the same name.
    const runs = async (name: string) => {
      const broker = await startMosquitto();
      try {
        const { total } = await runExample(name, cwd, { BROKER: `mqtt://127.0.0.1:${broker.port}` });
        const { failed, dropped, unfinished, lost, refused, acknowledged, planned, connects } = total.counts;
        expect([name, failed, dropped, unfinished, lost, refused]).toEqual([name, 0, 0, 0, 0, 0]);
        expect([name, acknowledged]).toEqual([name, planned]);
        expect([name, connects]).toEqual([name, total.devices * (name === 'reconnect-storm' ? 2 : 1)]);
      } finally {
        await broker.stop();
      }
    };
    await Promise.all(['mqtt', 'mqtt-messages', 'day', 'gate', 'reconnect-storm'].map(runs));
  });

  testWithPeers(['mosquitto'], 'mqtt-tls runs against a broker with TLS and users', async () => {
    const certificate = await ownCertificate();
    writeFileSync(join(cwd, 'ca.pem'), certificate.cert);
    const users = { alice: 'wonderland', bob: 'builder', carol: 'sings, well', dave: 'diver', erin: 'island' };
    const broker = await startMosquitto({ users, tls: certificate });
    try {
      const { total } = await runExample('mqtt-tls', cwd, {
        BROKER: `mqtts://127.0.0.1:${broker.port}`,
        CA: join(cwd, 'ca.pem'),
      });
      expectWhole(total);
      expect(total.counts['connects']).toBe(5);
    } finally {
      await broker.stop();
    }
  });

  testWithPeers(['mosquitto'], 'mixed-fleet runs against three targets', async () => {
    const [broker, collector, media] = await Promise.all([startMosquitto(), httpCollector(), mediaServer()]);
    try {
      const environment = { BROKER: `mqtt://127.0.0.1:${broker.port}`, COLLECTOR: collector.url, MEDIA: media.url };
      const { total, groups } = await runExample('mixed-fleet', cwd, environment);
      expectWhole(total);
      const sent = (name: string) => groups.find((group) => group.name === name)!.counts['sent'];
      expect(collector.arrived.messages).toBe(sent('sensor'));
      expect(media.arrived.messages).toBe(sent('call'));
    } finally {
      await Promise.all([broker.stop(), collector.close(), media.close()]);
    }
  });
});
