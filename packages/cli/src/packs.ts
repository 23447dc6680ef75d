/**
 * Runs the program, which the build has cut into parts and put into a few files, the packs. A part is evaluated when it is
 * first required, and a pack is read when a part of it is.
 */

/** Evaluates a part, which is a CommonJS module. */
type Part = (module: { exports: unknown }, require: Require) => void;

/** The parts of a pack by id. The id of a part is `#PACK/NAME`. */
type Pack = Readonly<Record<string, Part>>;

/** What the text of a pack evaluates to. Every part takes the path of the file that is started for its own. */
export type OpenedPack = (filename: string, dirname: string) => Pack;

export interface Require {
  (id: string): unknown;
  resolve?: (id: string) => string;
}

/** A program whose parts have begun to run. */
export interface Program {
  readonly exports: unknown;
  /** The ids of the parts that were evaluated. */
  readonly evaluated: ReadonlySet<string>;
}

/** Modules of Node.js that it has not loaded itself by the time that klee starts: some need milliseconds. */
const DEAR =
  /^(node:)?(assert|child_process|console|crypto|fs\/promises|net|os|stream|timers\/promises|util|zlib)$/;

/**
 * @param entry - the id of the first part
 * @param program - the file that is started, and its own `require`
 */
export function runPacks(
  entry: string,
  openPack: (name: string) => OpenedPack,
  program: { readonly filename: string; readonly dirname: string; readonly require: Require },
): Program {
  const { filename, dirname, require } = program;
  const packs = new Map<string, Pack>();
  const modules = new Map<string, { exports: unknown }>();
  const evaluated = new Set<string>();

  const requirePart = (id: string): unknown => {
    const known = modules.get(id);
    if (known !== undefined) return known.exports;
    const module = { exports: id.startsWith('#') ? {} : requireOther(id) };
    modules.set(id, module);
    if (id.startsWith('#')) evaluate(id, module);
    return module.exports;
  };
  const evaluate = (id: string, module: { exports: unknown }): void => {
    evaluated.add(id);
    try {
      findPart(id)(module, inside);
    } catch (error) {
      // As in Node.js: whoever requires it next gets the error, too, and not half of the part.
      modules.delete(id);
      evaluated.delete(id);
      throw error;
    }
  };
  const requireOther = (id: string): unknown => {
    // Each part makes its own only, and without it Node.js does not load its loader for ES modules.
    if (/^(node:)?module$/.test(id)) return { createRequire: () => require };
    return DEAR.test(id) ? onFirstUse(() => require(id)) : require(id);
  };
  const findPart = (id: string): Part => {
    const name = id.slice(1, id.indexOf('/'));
    const pack = packs.get(name) ?? openPack(name)(filename, dirname);
    packs.set(name, pack);
    const part = pack[id];
    if (part === undefined) throw new TypeError(`the pack ${name} has no part ${id}`);
    return part;
  };
  const inside: Require = Object.assign(requirePart, require);
  return { exports: requirePart(entry), evaluated };
}

/** What `load` returns, loaded when something of it is first used. */
function onFirstUse(load: () => unknown): object {
  let loaded: object | undefined;
  return new Proxy({}, { get: (_, key) => Reflect.get((loaded ??= load() as object), key) });
}
