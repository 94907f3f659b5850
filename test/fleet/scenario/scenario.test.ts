import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { SynthError } from '../../../src/errors.js';
import { apportion } from '../../../src/fleet/scenario/device-counts.js';
import { readScenario } from '../../../src/fleet/scenario/read-scenario.js';
import { scenarioJsonSchema } from '../../../src/fleet/scenario/scenario-schema.js';
import fc from '../../support/fast-check.js';
import { projectRoot } from '../../support/files.js';

const folder = mkdtempSync(join(tmpdir(), 'synth-scenario-'));
afterAll(() => rmSync(folder, { recursive: true }));
cpSync(join(projectRoot, 'examples/models/telemetry.safetensors'), join(folder, 'hub.safetensors'));

const SMALLEST = `
targets: { broker: mqtt://127.0.0.1:1883 }
groups: [ { name: hub, model: hub.safetensors, count: 500, target: broker, topic: "home/{{id}}" } ]
phases: [ { ramp: 10s }, { hold: 30s } ]
`;
const group = { name: 'hub', model: 'hub.safetensors', count: 10 };
const small = { targets: { broker: 'mqtt://127.0.0.1:1883' }, groups: [group], phases: [{ hold: '1s' }] };

const variable = (name: string) => `\${${name}}`;

let files = 0;
function read(text: string | object, overrides = {}, environment = {}) {
  const path = join(folder, `scenario-${files++}.yaml`);
  writeFileSync(path, typeof text === 'string' ? text : stringify(text));
  return readScenario(path, overrides, environment);
}

/** The lines of the error that reading gives, without the path of the file. */
async function problems(text: string | object): Promise<string[]> {
  const error = await read(text).then(
    () => new Error('it was read'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SynthError)) throw error;
  return error.message.split('\n').map((line) => line.replace(/^.*scenario-\d+\.yaml:?/, ''));
}

describe('a scenario', () => {
  test('may be three lines long: everything else has a default', async () => {
    const scenario = await read(SMALLEST);
    expect(scenario).toMatchObject({
      seed: undefined,
      groups: [
        {
          name: 'hub',
          count: 500,
          id: '{{group}}-{{index}}',
          topic: 'home/{{id}}',
          qos: 0,
          payload: { kind: 'pattern' },
          speed: 1,
          offline: 'queue',
          queue: 100,
          target: { protocol: 'mqtt', client: 'lean', version: '3.1.1', host: '127.0.0.1', port: 1883, keepAliveS: 60 },
        },
      ],
      phases: [
        { kind: 'ramp', durationNs: 10e9, toShare: 1 },
        { kind: 'hold', durationNs: 30e9 },
      ],
    });
    expect(scenario.groups[0]!.model).toBe(join(folder, 'hub.safetensors'));
  });

  test('may be JSON as well', async () => {
    expect((await read(JSON.stringify(small))).groups[0]!.count).toBe(10);
  });

  test('knows every kind of target, with its usual port and path', async () => {
    const urls = {
      a: 'mqtts://broker.example',
      b: 'mqtt+ws://127.0.0.1',
      c: 'https://[::1]:8443/in?x=1',
      d: 'coap://127.0.0.1',
      e: 'wss://127.0.0.1/live',
      f: 'udp://127.0.0.1:5004',
      g: 'tls://127.0.0.1:7000',
    };
    const groups = Object.keys(urls).map((target) => ({ ...group, name: target, target }));
    const { groups: found } = await read({ ...small, targets: urls, groups });
    expect(found.map(({ target: { protocol, host, port, tls } }) => [protocol, host, port, tls !== undefined])).toEqual(
      [
        ['mqtt', 'broker.example', 8883, true],
        ['mqtt', '127.0.0.1', 80, false],
        ['http', '::1', 8443, true],
        ['coap', '127.0.0.1', 5683, false],
        ['websocket', '127.0.0.1', 443, true],
        ['udp', '127.0.0.1', 5004, false],
        ['tcp', '127.0.0.1', 7000, true],
      ],
    );
    expect(found.map(({ topic }) => topic)).toEqual(['synth/{{id}}', 'synth/{{id}}', '/in?x=1', '/', '/live', '', '']);
    expect(found[1]!.target).toMatchObject({ over: 'websocket', path: '/mqtt' });
  });

  test('shares devices by weight, and can be scaled', async () => {
    const groups = [
      { ...group, name: 'a', count: 4 },
      { name: 'b', model: 'hub.safetensors', weight: 2 },
      { name: 'c', model: 'hub.safetensors', weight: 1 },
    ];
    const counts = (scenario: Awaited<ReturnType<typeof read>>) => scenario.groups.map(({ count }) => count);
    expect(counts(await read({ ...small, devices: 10, groups }))).toEqual([4, 4, 2]);
    expect(counts(await read({ ...small, devices: 10, groups }, { devices: 100 }))).toEqual([40, 40, 20]);
    expect(counts(await read({ ...small, devices: 10, groups }, { devices: 3 }))).toEqual([1, 1, 1]);
  });

  test('has ramps to a share or a number, arrivals, pauses and ramps down', async () => {
    const phases = [
      { ramp: '1s', to: '50%' },
      { ramp: '0s', to: 8 },
      { ramp: '2s', rate: '5/s' },
      { pause: '1m' },
      { ramp_down: '1s', to: 1 },
      { ramp_down: '1s' },
    ];
    expect((await read({ ...small, phases })).phases).toEqual([
      { kind: 'ramp', durationNs: 1e9, toShare: 0.5 },
      { kind: 'ramp', durationNs: 0, toShare: 0.8 },
      { kind: 'arrive', durationNs: 2e9, perSecond: 5 },
      { kind: 'pause', durationNs: 60e9 },
      { kind: 'ramp', durationNs: 1e9, toShare: 0.1 },
      { kind: 'ramp', durationNs: 1e9, toShare: 0 },
    ]);
  });

  test('repeats storms until the phases end', async () => {
    const { storms } = await read({
      ...small,
      phases: [{ hold: '60s' }],
      churn: [{ at: '10s', every: '20s', share: '20%', away: '1s' }],
    });
    expect(storms.map(({ atNs }) => atNs / 1e9)).toEqual([10, 30, 50]);
    expect(storms[0]).toMatchObject({ share: 0.2, overNs: 0, awayNs: 1e9, graceful: false });
  });

  test('takes identities from a table, whose columns templates know', async () => {
    writeFileSync(join(folder, 'devices.csv'), 'id,username,password,site\nm-1,alice,"a,b",north\nm-2,bob,c,south\n');
    const groups = [{ ...group, identities: 'devices.csv', topic: 'x/{{site}}/{{id}}' }];
    const [found] = (await read({ ...small, groups })).groups;
    expect(found).toMatchObject({
      id: '{{id}}',
      credentials: { username: '{{username}}', password: '{{password}}' },
      identities: [{ id: 'm-1', username: 'alice', password: 'a,b', site: 'north' }, { id: 'm-2' }],
    });
  });

  test('takes texts from the environment', async () => {
    const targets = { broker: variable('BROKER:-mqtt://127.0.0.1:1883') };
    expect((await read({ ...small, targets })).groups[0]!.target.port).toBe(1883);
    const found = await read({ ...small, targets }, {}, { BROKER: 'mqtt://127.0.0.1:2000' });
    expect(found.groups[0]!.target.port).toBe(2000);
    expect(await problems({ ...small, name: variable('NOBODY_HAS_THIS') })).toEqual([
      expect.stringMatching(/^\d+:\d+: name: the environment has no NOBODY_HAS_THIS/),
    ]);
  });

  test('is refused with everything that is wrong with it, each with its line, and what may have been meant', async () => {
    const text = `
targts: {}
targets:
  broker: mqtt://127.0.0.1:1883
groups:
  - { name: a, model: hub.safetensors, count: 0, target: broker, topc: x }
  - { name: b, model: hub.safetensors, count: 5, payload: { txt: "x" } }
phases:
  - { ramp: 10 }
  - { hold: tomorrow }
`;
    expect(await problems(text)).toEqual([
      '2:9: targts: there is no such key. Did you mean targets?',
      '6:47: groups[0].count: Too small: expected number to be >=1',
      '6:72: groups[0].topc: there is no such key. Did you mean topic?',
      '7:59: groups[1].payload.text: expected string, received undefined',
      '7:66: groups[1].payload.txt: there is no such key. Did you mean text?',
      '9:13: phases[0].ramp: “10” is not a duration. Write it like 500ms, 10s, 2m or 1h30m.',
      '10:13: phases[1].hold: “tomorrow” is not a duration. Write it like 500ms, 10s, 2m or 1h30m.',
    ]);
  });

  test.each([
    [
      'a misspelt target',
      { groups: [{ ...group, target: 'brokr' }] },
      'groups[0].target: there is no target “brokr”. Did you mean broker?',
    ],
    [
      'a scheme that is a name of every object',
      { targets: { broker: 'constructor://127.0.0.1:1' } },
      'targets.broker: “constructor://127.0.0.1:1” is not a target.',
    ],
    [
      'a misspelt scheme',
      { targets: { broker: 'mqt://127.0.0.1:1' } },
      'targets.broker: “mqt://127.0.0.1:1” is not a target. Did you mean mqtt://127.0.0.1:1?',
    ],
    ['a password in a URL', { targets: { broker: 'mqtt://u:p@127.0.0.1' } }, 'targets.broker: a target has no user'],
    ['no port', { targets: { broker: 'udp://127.0.0.1' } }, 'targets.broker: “udp://127.0.0.1” has no port'],
    [
      'a key of another protocol',
      { targets: { broker: { url: 'http://127.0.0.1', keep_alive: '3s' } } },
      'targets.broker.keep_alive: does not go with http://',
    ],
    [
      'a topic without a broker',
      { targets: { web: 'http://127.0.0.1' }, groups: [{ ...group, topic: 'x' }] },
      'groups[0].topic: does not go with a target of http',
    ],
    [
      'a misspelt variable',
      { groups: [{ ...group, topic: '{{idd}}' }] },
      'groups[0].topic: there is no variable “idd”. Did you mean {{id}}?',
    ],
    ['two groups of one name', { groups: [group, group] }, 'groups[1].name: there are two groups “hub”'],
    ['count and weight', { groups: [{ ...group, weight: 1 }] }, 'groups[0]: has both count and weight'],
    [
      'two phases in one',
      { phases: [{ ramp: '1s', hold: '1s' }] },
      'phases[0]: a phase is one of ramp, hold, pause, ramp_down, not ramp and hold',
    ],
    ['phases without time', { phases: [{ ramp: '0s' }] }, 'phases: they take no time'],
    ['more devices than there are', { phases: [{ ramp: '1s', to: 11 }] }, 'phases[0].to: there are only 10 devices'],
    [
      'a misspelt metric',
      { thresholds: ['latencey.p99 < 1s'] },
      'thresholds[0]: there is no metric “latencey.p99”. Did you mean latency.p99?',
    ],
    [
      'a missing model',
      { groups: [{ ...group, model: 'nope.safetensors' }] },
      'groups[0].model: nope.safetensors: no such file',
    ],
    [
      'a missing certificate',
      { targets: { b: { url: 'mqtts://127.0.0.1', ca: 'nope.pem' } } },
      'targets.b.ca: nope.pem: no such file',
    ],
    ['no place to listen', { outputs: { metrics: 'here' } }, 'outputs.metrics: “here” is not an address to listen on'],
  ])('is refused for %s', async (_, change, message) => {
    expect((await problems({ ...small, ...change }))[0]).toContain(`: ${message}`);
  });

  test('says that files are missing, if nothing else is wrong, with the exit code for files', async () => {
    const missing = read({ ...small, groups: [{ ...group, model: 'nope.safetensors' }] });
    await expect(missing).rejects.toMatchObject({ code: 'SYNTH_FILE_UNREADABLE', exitCode: 3 });
    await expect(readScenario(join(folder, 'nobody.yaml'))).rejects.toMatchObject({ code: 'SYNTH_FILE_UNREADABLE' });
    await expect(read({ ...small, phases: [] })).rejects.toMatchObject({ code: 'SYNTH_SCENARIO_INVALID', exitCode: 2 });
  });

  test('names the line of a table that is not one', async () => {
    writeFileSync(join(folder, 'ragged.csv'), 'id,site\na,b\nc\n');
    expect((await problems({ ...small, groups: [{ ...group, identities: 'ragged.csv' }] }))[0]).toContain(
      'ragged.csv:3: ',
    );
  });

  test('names the line of broken YAML', async () => {
    expect((await problems('targets: {\n  a: b\nphases: [')).join('')).toMatch(/^\d+:\d+: /);
    expect(await problems('just a text')).toEqual([expect.stringContaining('not a scenario')]);
    expect(await problems('')).toEqual([expect.stringContaining('not a scenario')]);
  });

  test('is a scenario or a SynthError, whatever the bytes', async () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    const file = fc.oneof(
      fc.string(),
      fc.record({ targets: value, groups: value, phases: value }).map((given) => JSON.stringify(given)),
      fc
        .tuple(fc.constantFrom('targets', 'groups', 'phases', 'churn', 'limits', 'thresholds', 'outputs'), value)
        .map(([key, given]) => JSON.stringify({ ...small, [key]: given })),
    );
    await fc.assert(
      fc.asyncProperty(file, async (text) => {
        await read(text).catch((error: unknown) => expect(error).toBeInstanceOf(SynthError));
      }),
      { numRuns: 300 },
    );
  });
});

describe('the JSON Schema', () => {
  const committed = join(projectRoot, 'docs/scenario.schema.json');

  test('that is published is the one that the program has', () => {
    // To write it anew: node bin/synth.js fleet schema > docs/scenario.schema.json
    expect(JSON.parse(readFileSync(committed, 'utf8'))).toEqual(JSON.parse(JSON.stringify(scenarioJsonSchema())));
  });

  test('describes every key', () => {
    const { properties } = scenarioJsonSchema() as { properties: Record<string, { items?: { properties?: object } }> };
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(['targets', 'groups', 'phases', 'thresholds']));
    const keys = Object.entries(
      (properties['groups']!.items!.properties ?? {}) as Record<string, { description?: string }>,
    );
    expect(keys.length).toBeGreaterThan(15);
    for (const [key, { description }] of keys) expect(description, key).toBeTruthy();
  });
});

test('every block of YAML in the reference is a scenario, or a part of one', async () => {
  const text = readFileSync(join(projectRoot, 'docs/scenario.md'), 'utf8');
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block]) => block!);
  expect(blocks.length).toBeGreaterThan(5);
  const { parse } = await import('yaml');
  for (const name of ['messages.txt', 'ca.pem']) writeFileSync(join(folder, name), '{"n":{{seq}}}\n');
  for (const block of blocks) await read({ ...small, ...(parse(block) as object) }, {}, { MQTT_PASSWORD: 'x' });
});

test('every example is one', async () => {
  const examples = join(projectRoot, 'examples');
  const names = readdirSync(examples).filter((name) => name.endsWith('.yaml'));
  expect(names.length).toBeGreaterThanOrEqual(10);
  for (const name of names) await readScenario(join(examples, name), {}, { CA: join(folder, 'hub.safetensors') });
});

test('small weights get one each, and the large one what is left', () => {
  expect(apportion(10, [1000, 1, 1, 1])).toEqual([7, 1, 1, 1]);
  expect(apportion(4, [1000, 1, 1, 1])).toEqual([1, 1, 1, 1]);
});

test('what is apportioned is all there is, nearly in proportion', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 5, max: 1000 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }),
      (total, weights) => {
        const counts = apportion(total, weights);
        const sum = weights.reduce((a, b) => a + b);
        expect(counts.reduce((a, b) => a + b)).toBe(total);
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(1);
        for (const [i, count] of counts.entries()) {
          expect(Math.abs(count - (weights[i]! / sum) * total)).toBeLessThan(weights.length + 1);
        }
      },
    ),
  );
});
