import { expect, test } from 'vitest';
import { FleetRecord } from '../../../src/cli/fleet/fleet-record.js';

const noop = async () => {};

test('lines are written one behind the other, and all of them before the end', async () => {
  const done: string[] = [];
  let pauseMs = 20;
  const record = new FleetRecord({
    name: 'record',
    write: async (bytes) => {
      pauseMs /= 2; // the later, the faster: whoever does not wait is overtaken
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      done.push(new TextDecoder().decode(bytes));
    },
    finish: async () => {
      done.push('end');
    },
    discard: noop,
  });
  for (const line of ['a', 'b', 'c']) record.write(line);
  await record.finish();
  expect(done).toEqual(['a', 'b', 'c', 'end']);
});

test('a full disk is told at the end, and does not end the process', async () => {
  let writes = 0;
  const write = async () => {
    writes++;
    throw new Error('no space left on the device');
  };
  const record = new FleetRecord({ name: 'record', write, finish: noop, discard: noop });
  record.write('a');
  await new Promise((resolve) => setImmediate(resolve));
  record.write('b');
  await expect(record.finish()).rejects.toThrow('no space left');
  expect(writes).toBe(1);
});
