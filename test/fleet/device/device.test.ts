import { describe, expect, test } from 'vitest';
import { summaryOf } from '../../../src/fleet/account/group-counts.js';
import { SECOND, VirtualFleet } from '../virtual-fleet.js';

const account = ({ counts }: VirtualFleet) => {
  const { planned, sent, resent, acknowledged, failed, dropped, waited } = counts;
  return { planned, sent, resent, acknowledged, failed, dropped, waited };
};

describe('a device', () => {
  test('connects when it comes up, and says what its model says, when it says it', () => {
    const fleet = new VirtualFleet({ upSpans: [{ startNs: 5 * SECOND, endNs: 100 * SECOND }] });
    fleet.runTo(4.9);
    expect(fleet.client).toBeUndefined();
    fleet.runTo(5);
    fleet.client.listener.onConnected();
    fleet.client.isEager = true;
    fleet.runTo(7.5);
    expect(account(fleet)).toMatchObject({ planned: 3, sent: 3, acknowledged: 2 });
    // 200 bytes of the model's packet less the 60 of the headers
    expect(fleet.client.taken.map(({ payload }) => payload.length)).toEqual([140, 140, 140]);
    expect(fleet.counts.sentBytes).toBe(420);
    fleet.client.acknowledge(0);
    expect(account(fleet).acknowledged).toBe(3);
  });

  test('measures latency from the planned time, and service time from sending', () => {
    const fleet = new VirtualFleet();
    fleet.runTo(0.25);
    fleet.client.listener.onConnected(); // the message of second 0 has waited
    fleet.runTo(0.5);
    fleet.client.acknowledge(0);
    const { latency, serviceTime } = fleet.sums.durations;
    expect(summaryOf(latency).maxNs / 1e9).toBeCloseTo(0.5, 2);
    expect(summaryOf(serviceTime).maxNs / 1e9).toBeCloseTo(0.25, 2);
    // What could not be sent says nothing about how late this side is.
    expect(summaryOf(fleet.sums.durations.lateness).count).toBe(0);
  });

  test('keeps what is due without a connection, up to its queue, and drops the rest', () => {
    const fleet = new VirtualFleet();
    fleet.runTo(4.5); // due at 0, 1, 2, 3, 4; room for 3
    expect(account(fleet)).toMatchObject({ planned: 5, sent: 0, dropped: 2 });
    expect(fleet.errors).toEqual(new Map([['dropped: queue-full', 2]]));
    fleet.client.listener.onConnected();
    expect(account(fleet)).toMatchObject({ planned: 5, sent: 3 });
    expect(fleet.device.unfinished).toBe(3);
  });

  test('drops what is due without a connection where the scenario says so', () => {
    const fleet = new VirtualFleet({ group: { offline: 'drop' } });
    fleet.runTo(1.5);
    expect(account(fleet)).toMatchObject({ planned: 2, dropped: 2 });
    expect(fleet.errors).toEqual(new Map([['dropped: offline', 2]]));
  });

  test('lets messages wait while the connection takes no more', () => {
    const fleet = new VirtualFleet();
    fleet.runTo(0);
    fleet.client.listener.onConnected();
    fleet.client.room = 1;
    fleet.runTo(2.5);
    expect(account(fleet)).toMatchObject({ planned: 3, sent: 2, waited: 1 });
    fleet.client.room = 5;
    fleet.client.onRoom!();
    expect(account(fleet)).toMatchObject({ planned: 3, sent: 3, waited: 1 });
  });

  test('sends again what was not acknowledged when the connection was lost, marked as such and counted once', () => {
    const fleet = new VirtualFleet();
    fleet.runTo(0);
    fleet.client.listener.onConnected();
    fleet.runTo(1.5);
    fleet.client.listener.onClosed('ECONNRESET');
    expect(fleet.counts).toMatchObject({ up: 0, lost: 1, connects: 1 });
    expect(fleet.errors).toEqual(new Map([['connection: ECONNRESET', 1]]));
    // The pause is between half a second and a second; then it connects again.
    fleet.runTo(1.9);
    expect(fleet.client.calls).toEqual(['connect']);
    fleet.runTo(2.5);
    expect(fleet.client.calls).toEqual(['connect', 'connect']);
    fleet.client.isEager = true;
    fleet.client.listener.onConnected();
    expect(fleet.client.taken.slice(-3).map(({ isRepeated }) => isRepeated)).toEqual([true, true, false]);
    expect(account(fleet)).toMatchObject({ planned: 3, sent: 3, resent: 2, acknowledged: 3, failed: 0 });
    expect(fleet.counts).toMatchObject({ up: 1, reconnects: 1, attempts: 2 });
  });

  test('gives up what was under way where nobody can know what became of it', () => {
    const fleet = new VirtualFleet({ group: { qos: 0 } });
    fleet.runTo(0);
    fleet.client.listener.onConnected();
    fleet.runTo(0.5);
    expect(fleet.device.unfinished).toBe(0 + 1);
    fleet.client.listener.onClosed('ECONNRESET');
    expect(account(fleet)).toMatchObject({ planned: 1, sent: 1, failed: 1, resent: 0 });
    expect(fleet.errors.get('message: connection-lost')).toBe(1);
  });

  test('tries again after pauses that grow, as long as it is refused', () => {
    const fleet = new VirtualFleet();
    fleet.runTo(0);
    const triedAt: number[] = [];
    for (let attempt = 1; attempt <= 6; attempt++) {
      fleet.client.listener.onClosed('ECONNREFUSED');
      const calls = fleet.client.calls.length;
      const refusedAt = fleet.nowNs();
      while (fleet.client.calls.length === calls) fleet.runTo(fleet.nowNs() / SECOND + 0.01);
      triedAt.push((fleet.nowNs() - refusedAt) / SECOND);
    }
    // first 1 s, most 8 s, each between half and all of its limit, met to a hundredth
    [1, 2, 4, 8, 8, 8].forEach((limit, i) => {
      expect(triedAt[i]).toBeGreaterThanOrEqual(limit / 2);
      expect(triedAt[i]).toBeLessThanOrEqual(limit + 0.02);
    });
    expect(fleet.counts.refused).toBe(6);
    expect(fleet.errors.get('connect: ECONNREFUSED')).toBe(6);
  });

  test('waits at its end for what is under way, then disconnects', () => {
    const fleet = new VirtualFleet({ upSpans: [{ startNs: 0, endNs: 1.5 * SECOND }] });
    fleet.runTo(0);
    fleet.client.listener.onConnected();
    fleet.runTo(2);
    expect(fleet.client.calls).toEqual(['connect']);
    fleet.client.acknowledge(0);
    fleet.client.acknowledge(1);
    expect(fleet.client.calls).toEqual(['connect', 'disconnect']);
    fleet.client.listener.onClosed('closed');
    expect(fleet.ended).toBe(1);
    expect(fleet.counts).toMatchObject({ planned: 2, acknowledged: 2, lost: 0, up: 0 });
    fleet.runTo(100);
    expect(fleet.counts.planned).toBe(2);
  });

  test('does not wait for ever', () => {
    const fleet = new VirtualFleet({ upSpans: [{ startNs: 0, endNs: 1.5 * SECOND }] });
    fleet.runTo(0);
    fleet.client.listener.onConnected();
    fleet.runTo(10);
    expect(fleet.client.calls).toEqual(['connect', 'disconnect']);
    fleet.client.listener.onClosed('closed');
    expect(fleet.ended).toBe(1);
    expect(fleet.counts.planned - fleet.counts.acknowledged).toBe(fleet.device.unfinished);
  });

  test('goes, and comes again, and goes on where it was', () => {
    const fleet = new VirtualFleet({
      upSpans: [
        { startNs: 0, endNs: 1.5 * SECOND },
        { startNs: 10 * SECOND, endNs: 12 * SECOND },
      ],
    });
    fleet.runTo(0);
    fleet.client.isEager = true;
    fleet.client.listener.onConnected();
    fleet.runTo(3);
    expect(fleet.client.calls).toEqual(['connect', 'disconnect']);
    fleet.client.listener.onClosed('closed');
    expect(fleet.ended).toBe(0);
    fleet.runTo(10);
    fleet.client.listener.onConnected();
    fleet.runTo(13);
    // own times 0, 1, 2, 3: the third second of its own begins half a second after it has come back
    expect(fleet.client.taken.length).toBe(4);
    fleet.client.listener.onClosed('closed');
    expect(fleet.ended).toBe(1);
  });

  test('is taken away by a storm and comes back, and nobody calls that an error', () => {
    const storm = { atNs: 2.5 * SECOND, share: 1, overNs: 0, awayNs: 3 * SECOND, graceful: false };
    const fleet = new VirtualFleet({ storms: [storm] });
    fleet.runTo(0);
    fleet.client.isEager = true;
    fleet.client.listener.onConnected();
    fleet.runTo(2.5);
    expect(fleet.client.calls).toEqual(['connect', 'destroy']);
    fleet.client.listener.onClosed('closed');
    fleet.runTo(5.4);
    expect(fleet.client.calls).toEqual(['connect', 'destroy']);
    fleet.runTo(5.5);
    expect(fleet.client.calls).toEqual(['connect', 'destroy', 'connect']);
    fleet.client.listener.onConnected();
    expect(fleet.counts).toMatchObject({ lost: 0, refused: 0, reconnects: 1 });
    expect(account(fleet)).toMatchObject({ planned: 6, sent: 6, acknowledged: 6, dropped: 0 });
  });

  test('stays away as long as the storm wants, also where it goes and comes again in it', () => {
    const storm = { atNs: 2.5 * SECOND, share: 1, overNs: 0, awayNs: 10 * SECOND, graceful: false };
    const upSpans = [
      { startNs: 0, endNs: 4 * SECOND },
      { startNs: 5 * SECOND, endNs: 100 * SECOND },
    ];
    const fleet = new VirtualFleet({ storms: [storm], upSpans });
    fleet.runTo(0);
    fleet.client.isEager = true;
    fleet.client.listener.onConnected();
    fleet.runTo(2.5);
    fleet.client.listener.onClosed('closed');
    fleet.runTo(12.4);
    expect(fleet.client.calls).toEqual(['connect', 'destroy']);
    fleet.runTo(12.6);
    expect(fleet.client.calls).toEqual(['connect', 'destroy', 'connect']);
  });

  test('says no more than it may', () => {
    const fleet = new VirtualFleet({ maxMessages: 2 });
    fleet.runTo(0);
    fleet.client.isEager = true;
    fleet.client.listener.onConnected();
    fleet.runTo(50);
    expect(account(fleet)).toMatchObject({ planned: 2, sent: 2 });
  });

  test('can be stopped at any time', () => {
    const before = new VirtualFleet({ upSpans: [{ startNs: 5 * SECOND, endNs: 9 * SECOND }] });
    before.device.stop();
    expect(before.ended).toBe(1);
    before.runTo(20);
    expect(before.client).toBeUndefined();

    const connecting = new VirtualFleet();
    connecting.runTo(0);
    connecting.device.stop();
    expect(connecting.client.calls).toEqual(['connect', 'destroy']);
    connecting.client.listener.onClosed('closed');
    expect(connecting.ended).toBe(1);

    const waiting = new VirtualFleet();
    waiting.runTo(0);
    waiting.client.listener.onClosed('ECONNREFUSED');
    waiting.device.stop();
    expect(waiting.ended).toBe(1);
    waiting.runTo(20);
    expect(waiting.client.calls).toEqual(['connect']);
  });
});
