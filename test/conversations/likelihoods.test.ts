import { describe, expect, test } from 'vitest';
import { ConversationCounts, contextsOf, PLACES } from '../../src/conversations/counts.js';
import { markOf } from '../../src/conversations/foresight.js';
import { learnConversations } from '../../src/conversations/learn.js';
import { Likelihoods } from '../../src/conversations/likelihoods.js';
import { NO_STEP, ROLE, STEPS } from '../../src/conversations/role.js';
import { TIME_BINS, timeBin, upperEdge } from '../../src/conversations/time-bins.js';
import { household, inbound, MS, outbound, S } from './talks.js';

const learned = learnConversations([household(60)], { keepAddresses: false, keepPorts: false })!;
const likelihoods = new Likelihoods(learned.counts);
const serviceOf = (port: number) => learned.services.findIndex((service) => service.port === port);
const [DNS, WEB, BROKER] = [serviceOf(53), serviceOf(443), serviceOf(8883)];
const packet = (service: number, place: number, previous: number, step: number, size: number) =>
  likelihoods.packet(service, place, previous, step, size, likelihoods.sizeIndex(size));
const TIMES = Array.from({ length: TIME_BINS }, (_, bin) => upperEdge(bin) - 1);

describe('the probability of a packet', () => {
  test('adds up to less than 1 over all steps and sizes, and to much of it', () => {
    for (let service = 0; service < learned.services.length; service++) {
      for (let place = 0; place < PLACES; place++) {
        for (let previous = 0; previous <= NO_STEP; previous++) {
          let sum = 0;
          for (let step = 0; step < STEPS; step++) {
            for (let size = 0; size <= 1600; size++) {
              const one = packet(service, place, previous, step, size);
              if (!(one > 0 && one <= 1)) throw new Error(`${one} for ${service} ${place} ${previous} ${step} ${size}`);
              sum += one;
            }
          }
          expect(sum).toBeLessThan(1.02);
        }
      }
    }
    expect(packet(WEB, 0, NO_STEP, outbound(ROLE.syn), 60)).toBeGreaterThan(0.9);
    expect(packet(WEB, 1, outbound(ROLE.syn), inbound(ROLE.synAck), 60)).toBeGreaterThan(0.9);
    expect(packet(DNS, 0, NO_STEP, outbound(ROLE.data), 65)).toBeGreaterThan(0.9);
    expect(packet(DNS, 1, outbound(ROLE.data), inbound(ROLE.data), 81)).toBeGreaterThan(0.9);
  });

  test('is small, not zero, for what was never seen, and larger near what was', () => {
    const previous = outbound(ROLE.data);
    const [seen, near, far] = [81, 82, 700].map((size) => packet(DNS, 1, previous, inbound(ROLE.data), size));
    expect(seen! > near! && near! > far! && far! > 0).toBe(true);
    expect(packet(DNS, 1, previous, inbound(ROLE.data), 262_144)).toBeGreaterThan(0);
    expect(packet(DNS, 0, NO_STEP, inbound(ROLE.data), 81)).toBeLessThan(1e-8);
  });
});

describe('the rate of the next packet', () => {
  test('is highest when it usually comes', () => {
    const rates = TIMES.map((waitNs) => likelihoods.waiting(DNS, outbound(ROLE.data), timeBin(waitNs)));
    for (const rate of rates) expect(rate > 0 && Number.isFinite(rate)).toBe(true);
    const [best] = rates.map((rate, bin) => [rate, bin] as const).toSorted(([a], [b]) => b - a);
    // An answer takes 3 to 7 ms.
    expect(upperEdge(best![1])).toBeGreaterThan(3 * MS);
    expect(upperEdge(best![1] - 1)).toBeLessThan(7 * MS);
  });

  test('of a closing is one where connections were closed, and nearly none where they were not', () => {
    const at = (service: number) => likelihoods.closing(service, outbound(ROLE.ack), timeBin(5 * MS));
    expect(at(WEB)).toBeGreaterThan(1000 * at(BROKER));
  });
});

describe('whether a conversation goes on', () => {
  test('is the less likely the longer it is silent', () => {
    for (const service of [DNS, WEB, BROKER]) {
      for (const packets of [1, 2, 5, 100]) {
        const chances = TIMES.map((waitNs) =>
          likelihoods.alive(service, 0, packets, outbound(ROLE.data), timeBin(waitNs)),
        );
        for (const [i, chance] of chances.entries()) {
          expect(chance > 0 && chance <= 1).toBe(true);
          if (i > 0) expect(chance).toBeLessThanOrEqual(chances[i - 1]!);
        }
      }
    }
  });

  test('is unlikely after the packet that ends most of its kind', () => {
    expect(likelihoods.alive(DNS, 0, 2, inbound(ROLE.data), timeBin(S))).toBeLessThan(0.05);
    expect(likelihoods.alive(DNS, 0, 1, outbound(ROLE.data), timeBin(MS))).toBeGreaterThan(0.9);
    expect(likelihoods.alive(BROKER, 0, 30, outbound(ROLE.ack), timeBin(20 * S))).toBeGreaterThan(0.9);
    // FIN, FIN, ACK.
    expect(likelihoods.alive(WEB, 3, 10, outbound(ROLE.ack), timeBin(5 * MS))).toBeLessThan(0.1);
    expect(likelihoods.alive(WEB, 1, 10, outbound(ROLE.fin), timeBin(5 * MS))).toBeGreaterThan(0.9);
  });
});

describe('what may open', () => {
  test('is the services that have opened with such a packet', () => {
    expect(likelihoods.openers(1, 65)).toEqual([DNS]);
    expect(likelihoods.openers(1, 60)).toEqual([WEB]);
    expect(likelihoods.openers(1, 94)).toEqual([BROKER]);
    for (const [direction, size] of [
      [0, 65],
      [1, 66],
      [0, 60],
      [1, 1500],
    ] as const) {
      expect(likelihoods.openers(direction, size)).toEqual([]);
    }
  });

  test('is in the same order whatever the counts came in', () => {
    const counts = new ConversationCounts(3);
    for (const service of [2, 0, 1]) counts.addSize(service, 0, outbound(ROLE.data), 100);
    expect(new Likelihoods(counts).openers(1, 100)).toEqual([0, 1, 2]);
  });

  test('is likelier after the packet that it usually comes after', () => {
    // The download follows the answer to the question for the name.
    const openingAfter = (service: number, step: number) => likelihoods.opening(WEB, service * STEPS + step, 8 * MS);
    expect(openingAfter(DNS, inbound(ROLE.data))).toBeGreaterThan(100 * openingAfter(WEB, inbound(ROLE.data)));
    const start = contextsOf(learned.services.length) - 1;
    for (const timeNs of TIMES) expect(likelihoods.opening(WEB, start, timeNs)).toBeGreaterThan(0);
  });
});

test('roles are those that packets of a service had in a direction', () => {
  expect(likelihoods.roles(DNS, 1, -1)).toEqual([ROLE.data]);
  expect(likelihoods.roles(WEB, 1, -1)).toEqual([ROLE.data, ROLE.ack, ROLE.syn, ROLE.fin]);
  expect(likelihoods.roles(WEB, 0, -1)).toEqual([ROLE.data, ROLE.synAck, ROLE.fin]);
});

test('a closing is likelier after the packet that it usually comes after', () => {
  // Bare ACKs end a download; the request does not.
  const closenessAfter = (packets: number, size: number) => likelihoods.closeness(WEB, packets, markOf(1, size), 0);
  expect(closenessAfter(8, 52)).toBeGreaterThan(10 * closenessAfter(4, 300));
  expect(likelihoods.closeness(BROKER, 8, markOf(1, 52), 0)).toBe(0);
  expect(likelihoods.marks[DNS]).toBeUndefined();
  expect(likelihoods.marks[WEB]!.openers).toEqual(new Set([markOf(1, 60)]));
});
