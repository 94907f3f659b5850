import { expect, test } from 'vitest';
import { deviceStream, fleetDeviceStream, runStream } from '../../src/packets/streams.js';
import { type Random, randomStream } from '../../src/random.js';

const draws = (random: Random) => Array.from({ length: 4 }, () => random.next());

// With other names the same seed would give other captures than it gave before.
test('streams have the names that they always had', () => {
  const named = (path: string) => draws(randomStream('seed', path));
  expect(draws(runStream('seed', 'payload'))).toEqual(named('payload'));
  expect(draws(runStream('seed', 'headers'))).toEqual(named('headers'));
  expect(draws(deviceStream('seed', 0, 'packets'))).toEqual(named('packets'));
  expect(draws(deviceStream('seed', 17, 'packets'))).toEqual(named('device-17/packets'));
  expect(draws(deviceStream('seed', 17, 'conversations'))).toEqual(named('device-17/conversations'));
  expect(draws(deviceStream('seed', 2, 'phase'))).toEqual(named('device-2/phase'));
  expect(draws(fleetDeviceStream('seed', 'thermostats', 3))).toEqual(named('thermostats/device-3'));
});
