// TensorFlow.js with gradients. What Node.js gets of the package has none; they lie beside it, in modules that import each other without
// `.js`. Both find the same registries, which are global.
import { register } from 'node:module';

const resolver = `export async function resolve(specifier, context, next) {
  const inside = specifier.startsWith('.') && context.parentURL?.includes('/@tensorflow/tfjs-core/dist/');
  return next(inside && !specifier.endsWith('.js') ? specifier + '.js' : specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(resolver)}`);
await import('@tensorflow/tfjs-core/dist/register_all_gradients.js');

export * from '@tensorflow/tfjs-core';
