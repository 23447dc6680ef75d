// Imports names from the files that define them, past the `index.ts` that only passes them on. esbuild counts what a file
// could load as needed with it, so one name from an index would put its whole package into the part of who imports it.
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** Statements that import or pass on names; those of types only vanish anyway. */
const NAMES_FROM = /^(import|export) \{([^}]*)\} from '([^']+)';$/gm;
const TYPES_FROM = /^(import|export) type \{[^}]*\} from '[^']+';$/gm;
const COMMENTS = /\/\*[^]*?\*\/|^\/\/.*$/gm;

export const skipBarrels = {
  name: 'skip-barrels',
  setup({ onLoad, resolve }) {
    const barrels = new Map();

    async function resolveFrom(path, specifier) {
      const found = await resolve(specifier, {
        kind: 'import-statement',
        resolveDir: dirname(path),
        importer: path,
      });
      return found.path;
    }

    /** What a file passes on: by exported name, the file that has it and its name there. Empty for one that does more. */
    function passedOn(path) {
      if (basename(path) !== 'index.ts') return new Map();
      if (!barrels.has(path)) barrels.set(path, readBarrel(path));
      return barrels.get(path);
    }

    async function readBarrel(path) {
      const text = (await readFile(path, 'utf8'))
        .replaceAll(COMMENTS, '')
        .replaceAll(TYPES_FROM, '');
      if (text.replaceAll(NAMES_FROM, '').trim() !== '') return new Map();
      const names = new Map();
      for (const [, , list, specifier] of text.matchAll(NAMES_FROM)) {
        const target = await resolveFrom(path, specifier);
        for (const { name, as } of namesIn(list))
          names.set(as, (await passedOn(target)).get(name) ?? { path: target, name });
      }
      return names;
    }

    async function direct(path, [statement, verb, list, specifier]) {
      if (!/^(\.|@kleenet\/)/.test(specifier)) return statement;
      const names = await passedOn(await resolveFrom(path, specifier));
      if (names.size === 0) return statement;
      return namesIn(list)
        .map(({ name, as }) => {
          const from = names.get(name);
          return `${verb} { ${from.name} as ${as} } from ${JSON.stringify(from.path)};`;
        })
        .join('');
    }

    onLoad({ filter: /\/packages\/[^/]+\/src\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const statements = [...text.matchAll(NAMES_FROM)];
      const replaced = await Promise.all(statements.map((statement) => direct(path, statement)));
      let index = 0;
      return { loader: 'ts', contents: text.replaceAll(NAMES_FROM, () => replaced[index++]) };
    });
  },
};

function namesIn(list) {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '' && !item.startsWith('type '))
    .map((item) => item.split(/ as /))
    .map(([name, as = name]) => ({ name, as }));
}
