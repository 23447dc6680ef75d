/** What all code of a process shares, and a driver has to leave as it is. */

/** Everything by a name for people, as it is now. */
export type Surroundings = ReadonlyMap<string, unknown>;

export function surroundings(): Surroundings {
  return new Map<string, unknown>([
    ...Object.entries(process.env).map(([name, value]) => [`process.env.${name}`, value] as const),
    ...process
      .eventNames()
      .flatMap((name) =>
        process
          .rawListeners(name)
          .map(
            (one, index) => [`listener ${index + 1} of process for ${String(name)}`, one] as const,
          ),
      ),
    ['process.exitCode', process.exitCode],
    ['process.title', process.title],
    ['the working directory', process.cwd()],
    ['the umask', process.umask()],
    // By a symbol, a runtime keeps what its own modules share when they are first used.
    ...membersOf('globalThis', globalThis).filter(
      ([name]) => !name.startsWith('globalThis.Symbol('),
    ),
    ...functionsOf('process', process),
    ...functionsOf('console', console),
    ...builtins().flatMap(([name, one]) => [
      ...membersOf(name, one),
      ...('prototype' in one ? membersOf(`${name}.prototype`, one.prototype) : []),
    ]),
  ]);
}

/** The names of what was added, removed or replaced. */
export function changed(before: Surroundings, after: Surroundings): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => !isSame(before.get(name), after.get(name)));
}

/** A property that is computed when it is first read, as many globals are, becomes a value then. */
function isSame(before: unknown, after: unknown): boolean {
  if (Object.is(before, after)) return true;
  if (!(before instanceof Computed)) return false;
  if (after instanceof Computed) return before.read === after.read && before.write === after.write;
  return before.read !== undefined && Object.is(Reflect.apply(before.read, globalThis, []), after);
}

class Computed {
  readonly read: (() => unknown) | undefined;
  readonly write: unknown;

  constructor(found: PropertyDescriptor) {
    this.read = Reflect.get(found, 'get') as (() => unknown) | undefined;
    this.write = Reflect.get(found, 'set');
  }
}

type Member = readonly [name: string, value: unknown];

function membersOf(title: string, owner: object | undefined): readonly Member[] {
  if (owner === undefined || owner === null) return [];
  return Reflect.ownKeys(owner).map((key) => {
    const found = Object.getOwnPropertyDescriptor(owner, key) ?? {};
    return [`${title}.${String(key)}`, 'value' in found ? found.value : new Computed(found)];
  });
}

/** The rest of them is their state. */
function functionsOf(title: string, owner: object): readonly Member[] {
  return membersOf(title, owner).filter(([, value]) => typeof value === 'function');
}

/**
 * The constructors and collections of functions of the language. Others of a runtime are made when they are first used; and klee
 * adds to Reflect when it first injects dependencies (reflect-metadata).
 */
const LANGUAGE =
  'Array ArrayBuffer Atomics BigInt Boolean DataView Date Error Function Intl JSON Map Math Number Object Promise Proxy RangeError RegExp Set String Symbol SyntaxError TypeError URIError Uint8Array WeakMap WeakRef WeakSet';

function builtins(): readonly (readonly [string, object & { readonly prototype?: object }])[] {
  return LANGUAGE.split(' ').map((name) => [name, Reflect.get(globalThis, name) as object]);
}
