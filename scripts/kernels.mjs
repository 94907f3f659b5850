// Compiles the kernels from AssemblyScript to one WebAssembly module: node scripts/kernels.mjs OUTPUT
// No relaxed SIMD: its results differ between machines.
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const [, , output] = process.argv;
const { error, stderr } = await asc.main([
  fileURLToPath(new URL('../src/kernels/assembly/index.ts', import.meta.url)),
  '--outFile',
  output,
  '-O3',
  '--noAssert',
  '--runtime',
  'stub',
  '--enable',
  'simd',
  // Helpers that take v128 are exported from one file to another, never from the module.
  '--disableWarning',
  '112',
]);
const messages = stderr.toString();
if (messages !== '') process.stderr.write(messages);
if (error || messages !== '') {
  console.error(error?.message ?? 'the kernels compile with warnings');
  process.exit(1);
}
