/**
 * @module
 * An instance of the kernels with its memory: what the bindings of all families work on.
 */
import { Arena } from './arena.js';
import { instantiate, type KernelExports } from './module.js';

export interface KernelInstance {
  readonly wasm: KernelExports;
  readonly arena: Arena;
}

export function createInstance(module: WebAssembly.Module): KernelInstance {
  const wasm = instantiate(module);
  return { wasm, arena: new Arena(wasm.memory, wasm.heapBase()) };
}
