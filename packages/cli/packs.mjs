// Cuts the program into parts, and puts them into packs, so that a command reads little that it does not use (src/packs.ts).
// A part is a chunk of esbuild: modules that are always needed together.
import { basename, join } from 'node:path';
import * as esbuild from 'esbuild';
import { skipBarrels } from './barrels.mjs';
import { common, here } from './bundle.mjs';

/**
 * Each pack has the parts that its entries load together with them, but those of earlier packs. Entries are modules that are
 * imported with `import()`. The last pack has all the rest.
 */
const PACKS = {
  // Of every command, or so small that a pack of its own would cost more.
  program: [
    'src/process.ts',
    'src/first-party.ts',
    '../host/src/index.ts',
    '../host/src/plugins/index.ts',
    '../host/src/reading.ts',
    '../host/src/settings.ts',
    '../platform/src/runner/index.ts',
    /^src\/commands\/(container|image|network)\/(ls|inspect)\.ts$/,
    /\/better-sqlite3\//,
  ],
  // Of commands that change something.
  commands: [
    /^src\/(commands|render)\//,
    '../core/src/index.ts',
    '../host/src/simulated.ts',
    /^\.\.\/driver-\w+\/src\/index\.ts$/,
  ],
  linux: [/^\.\.\/(platform\/src\/linux\/|driver-\w+\/src\/linux\.ts$)/],
  freebsd: [/^\.\.\/(platform\/src\/freebsd\/|driver-\w+\/src\/freebsd\.ts$)/],
  rest: [/^/],
};

/** Help is of our own words, and yargs measures them. */
const measureHelp = {
  name: 'measure-help',
  setup({ onResolve }) {
    onResolve({ filter: /^string-width$/ }, ({ importer }) =>
      importer.includes('/node_modules/')
        ? { path: join(here, 'src/render/width-of-help.ts') }
        : undefined,
    );
  },
};

/** yargs-parser formats messages only. */
const formatLate = {
  name: 'format-late',
  setup({ onResolve }) {
    onResolve({ filter: /^util$/ }, ({ importer }) =>
      importer.includes('/yargs-parser/')
        ? { path: join(here, 'src/command-line/late-format.ts') }
        : undefined,
    );
  },
};

/** Where the module begins behind esbuild's helpers. */
const EXPORTS = 'var stdin_exports={};';

/** Returns the id of the first part, the texts of the packs by name, and the paths of what is in them. */
export async function bundlePacks() {
  // esbuild has shown the errors
  const { outputFiles, metafile } = await esbuild
    .build({
      ...common,
      entryPoints: ['src/process.ts'],
      format: 'esm',
      splitting: true,
      outdir: here,
      chunkNames: '[name]-[hash]',
      supported: {},
      define: { ...common.define, 'import.meta.url': '__url' },
      plugins: [skipBarrels, measureHelp, formatLate],
    })
    .catch(() => process.exit(1));
  const packs = sort(metafile.outputs);
  const ids = new Map();
  for (const { pack, names } of packs)
    for (const name of names) ids.set(name, `#${pack}/${basename(name, '.js')}`);
  const parts = new Map();
  for (const { path, text } of outputFiles) parts.set(basename(path), await toPart(text, ids));
  const texts = new Map();
  for (const { pack, names } of packs) {
    const functions = names.map((name) => `${JSON.stringify(ids.get(name))}:${parts.get(name)}`);
    texts.set(pack, `(function(__filename,__dirname){${HELPERS}return{${functions.join(',\n')}}})`);
  }
  return { entry: ids.get('process.js'), texts, inputs: Object.keys(metafile.inputs) };
}

/** The names of the parts of each pack. */
function sort(outputs) {
  const byName = new Map(Object.entries(outputs).map(([path, it]) => [basename(path), it]));
  const taken = new Set();
  const take = (name) => {
    if (taken.has(name)) return [];
    taken.add(name);
    const { imports } = byName.get(name);
    const loaded = imports.filter(({ kind, external }) => kind === 'import-statement' && !external);
    return [name, ...loaded.flatMap(({ path }) => take(basename(path)))];
  };
  return Object.entries(PACKS).map(([pack, entries]) => {
    const names = [...byName].filter(
      ([, { entryPoint }]) =>
        entryPoint !== undefined && entries.some((entry) => matches(entry, entryPoint)),
    );
    return { pack, names: names.flatMap(([name]) => take(name)) };
  });
}

function matches(entry, path) {
  return typeof entry === 'string' ? entry === path : entry.test(path);
}

/**
 * What esbuild calls in a CommonJS module that it has made of an ES module, once for all parts of a pack. Exports are
 * getters, for they may change; what `import *` and `import()` get of a module of Node.js has it as its prototype.
 */
const HELPERS =
  '"use strict";var __url="file://"+encodeURI(__filename).replace(/[?#]/g,encodeURIComponent),' +
  '__export=(to,all)=>{for(var name in all)Object.defineProperty(to,name,{get:all[name],enumerable:true})},' +
  '__toCommonJS=(exports)=>exports,' +
  '__toESM=(module)=>Object.create(module,{default:{value:module}});';

/** Makes an ES module a function: the loader of ES modules is slow, and takes no code cache. */
async function toPart(text, ids) {
  const { code } = await esbuild.transform(text, {
    format: 'cjs',
    platform: 'node',
    target: common.target,
    // The text is small already, but the names of the helpers must stay.
    minifyWhitespace: true,
    legalComments: 'none',
    supported: { 'dynamic-import': false },
  });
  const start = code.indexOf(EXPORTS);
  if (start === -1 && code.includes('__')) throw new Error(`a part without exports: ${code}`);
  const linked = code
    .slice(Math.max(start, 0))
    .replace(EXPORTS, 'var stdin_exports=module.exports;')
    // What `import()` gets of a part are its exports.
    .replaceAll(/__toESM\((require\("\.\/[^"]+"\))\)/g, '$1')
    .replaceAll(/require\("\.\/([^"]+)"\)/g, (_, name) => `require("${ids.get(name)}")`);
  return `function(module,require){${shortenNames(linked)}}`;
}

/** esbuild names what a part imports after its file. */
function shortenNames(code) {
  let prefix = 'i$';
  while (code.includes(prefix)) prefix += '$';
  const names = [...new Set(code.match(/\bimport_\w+/g))];
  return code.replaceAll(/\bimport_\w+/g, (name) => prefix + names.indexOf(name).toString(36));
}
