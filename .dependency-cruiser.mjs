/**
 * The layers: which room may import which (ARCHITECTURE.md). Held by `npm run check`.
 *
 * A room names every room that it may import. The files directly in src/ are the basics; every room may use them.
 */
export const ROOMS = {
  'src/net': [],
  'src/packets': ['src/net'],
  'src/statistics': [],
  'src/kernels': [],
  models: ['src/net/sizes', 'src/packets', 'src/kernels', 'src/statistics'],
  'src/capture': ['src/net'],
  'src/output': ['src/capture'],
  'src/series': ['src/net', 'src/packets', 'src/capture', 'src/output'],
  'src/rewrite': ['src/net', 'src/capture', 'src/output', 'src/series'],
  'src/conversations': ['src/net', 'src/packets', 'src/statistics'],
  'src/model-files': ['models', 'src/capture', 'src/conversations'],
  'src/training': ['models', 'src/net', 'src/packets', 'src/series', 'src/conversations', 'src/model-files'],
  'src/synthesis': [
    'models',
    'src/net',
    'src/packets',
    'src/capture',
    'src/output',
    'src/series',
    'src/conversations',
    'src/model-files',
  ],
  'src/host': ['src/net'],
  'src/emission': [
    'models',
    'src/net',
    'src/packets',
    'src/statistics',
    'src/capture',
    'src/series',
    'src/model-files',
    'src/synthesis',
    'src/host',
  ],
  'src/sink': [
    'models',
    'src/net',
    'src/packets',
    'src/capture',
    'src/output',
    'src/series',
    'src/conversations',
    'src/synthesis',
    'src/host',
    'src/emission',
  ],
  'src/fleet': ['models', 'src/net', 'src/packets', 'src/model-files', 'src/host', 'src/emission'],
  'src/evaluation': [
    'models',
    'src/packets',
    'src/statistics',
    'src/capture',
    'src/series',
    'src/model-files',
    'src/synthesis',
  ],
  'src/report': [
    'src/net',
    'src/packets',
    'src/statistics',
    'src/series',
    'src/fleet/account',
    'src/fleet/scenario',
    'src/evaluation',
  ],
};

/** Files that begin a program: the commands, the API, the command line, worker threads and the page of the dashboard. */
const ENTRIES =
  '^(commands/.*[.]ts|src/index[.]ts|src/cli/main[.]ts|src/emission/sender-thread[.]ts|src/fleet/run/shard-thread[.]ts|src/kernels/fit-worker[.]ts|models/neural/window-thread[.]ts|src/fleet/dashboard/static/page[.]js)$';

const BASICS = '^src/[^/]+[.]ts$';
const inside = (room) => `^${room}(/|[.]ts$)`;
/** Files and sockets: what sampling and training must not depend on. */
const INPUT_AND_OUTPUT = '^(node:)?(fs|fs/promises|net|dgram|tls|http|https|child_process)$';

const layers = Object.entries(ROOMS).map(([room, below]) => ({
  name: `layer-of-${room}`,
  comment: `${room} may import ${below.length === 0 ? 'the basics only' : below.join(', ')}.`,
  severity: 'error',
  from: { path: inside(room) },
  to: { path: '^(src|models|commands)/', pathNot: [BASICS, inside(room), ...below.map(inside)] },
}));

/** @type {{ forbidden: import('dependency-cruiser').IForbiddenRuleType[], options: import('dependency-cruiser').ICruiseOptions }} */
export default {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'Files that import each other cannot be understood or tested one by one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...layers,
    {
      name: 'rooms-are-known',
      comment: 'A new folder in src/ needs its line in ROOMS.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: [...Object.keys(ROOMS), 'src/api', 'src/cli'].map(inside) },
      to: {},
    },
    {
      name: 'basics-stand-alone',
      comment: 'The basics are used by every room and know none, but for numbers in bytes.',
      severity: 'error',
      from: { path: BASICS, pathNot: '^src/index[.]ts$' },
      to: { path: '^(src/[^/]+/|models/|commands/)', pathNot: '^src/net/bytes[.]ts$' },
    },
    {
      name: 'models-touch-no-files-and-sockets',
      comment: 'Models draw from series in memory; files of models are read and written by src/model-files.',
      severity: 'error',
      from: { path: '^models/' },
      to: { path: INPUT_AND_OUTPUT },
    },
    {
      name: 'models-reach-nothing-above',
      comment: 'Also through other files models reach no captures, sockets, files or commands.',
      severity: 'error',
      from: { path: '^models/' },
      to: {
        path: '^(src/(capture|series|host|emission|sink|fleet|output|cli)/|src/output-file[.]ts$|commands/)',
        reachable: true,
      },
    },
    {
      name: 'no-file-is-forgotten',
      comment: 'A file that no entry reaches is not registered: a metric, a kind of model, a protocol, a transport.',
      severity: 'error',
      from: { path: ENTRIES },
      to: { path: '^(src|models)/', pathNot: [ENTRIES, '[.]d[.]ts$'], reachable: false },
    },
    {
      name: 'api-without-oclif',
      comment: 'The public API must not load the command line.',
      severity: 'error',
      from: { path: '^(src|models)/', pathNot: '^src/cli/' },
      to: { path: '(^(src/cli|commands)/|node_modules/@oclif/)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/kernels/assembly/' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs', '.json'] },
  },
};
