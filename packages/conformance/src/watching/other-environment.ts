/** Variables without which programs are not found or work differently: klee decides on them. */
const KEPT = /^(?:PATH|NODE_|BUN_|LD_|V8_|TERM|NO_COLOR|FORCE_COLOR)/;

/** Runs something in a process with another environment: each variable has another value, and there is one for each name. */
export async function inOtherEnvironment<T>(work: () => Promise<T>): Promise<T> {
  const kept = process.env;
  process.env = new Proxy(kept, {
    get: (target, name) =>
      typeof name === 'symbol' || KEPT.test(name)
        ? Reflect.get(target, name)
        : `/other/${name.toLowerCase()}`,
    has: () => true,
  });
  try {
    return await work();
  } finally {
    process.env = kept;
  }
}
