// `npm run bench -- NAME…`: runs the named benchmarks, or all of them. Each prints a Markdown table; docs/benchmarks.md keeps the results.
const benchmarks = [
  'extract',
  'rewrite',
  'generate',
  'hmm',
  'gmm',
  'rnn',
  'tcn',
  'likelihood',
  'conversations',
  'sample',
  'evaluate',
  'emit',
  'fidelity',
  'fleet',
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !benchmarks.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${benchmarks.join(', ')}.`);
  process.exit(2);
}
for (const name of wanted.length > 0 ? wanted : benchmarks) {
  await (await import(`./${name}.mjs`)).run();
}
