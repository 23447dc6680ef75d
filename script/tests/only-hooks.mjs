// Puts only-uvu.mjs between the tests and uvu.
const own = new URL('./only-uvu.mjs', import.meta.url).href;

export function resolve(specifier, context, next) {
  const isOurs = specifier === 'uvu' && context.parentURL !== own;
  return isOurs ? { url: own, shortCircuit: true } : next(specifier, context);
}
