/** The arrows between packages. They point to core, and never turn back. */

const source = (name) => `^packages/${name}/src/`;
/** The floors of the engine, the lowest first: each imports only those below it. */
const FLOORS = ['requests', 'records', 'host', 'lifecycle', 'use-cases'];
const floor = (...names) => `^packages/core/src/engine/(${names.join('|')})/`;
/** What authors of drivers import in their drivers. */
const forAuthors = 'packages/core/src/(driver|errors|freebsd|linux)[.]ts$';
const contract = `packages/core/src/index[.]ts$|${forAuthors}`;

export default {
  forbidden: [
    {
      name: 'core-stands-alone',
      comment: 'Core imports no other package.',
      severity: 'error',
      from: { path: source('core') },
      to: { path: '^packages/', pathNot: '^packages/core/' },
    },
    ...FLOORS.slice(0, -1).map((name, index) => ({
      name: `${name}-imports-no-floor-above`,
      comment: 'docs/architecture.md draws the floors of the engine.',
      severity: 'error',
      from: { path: floor(name) },
      to: { path: floor(...FLOORS.slice(index + 1)) },
    })),
    {
      name: 'guard-knows-no-store',
      comment: 'It stands between core and drivers, whatever remembers the state.',
      severity: 'error',
      from: { path: '^packages/core/src/guard/' },
      to: { path: '^packages/core/src/(memory-store|memory|engine|testing)/' },
    },
    {
      name: 'simulated-host-knows-no-engine',
      comment: 'It is a platform as others are: core drives it.',
      severity: 'error',
      from: { path: '^packages/core/src/memory/' },
      to: { path: '^packages/core/src/(memory-store|guard|engine|testing)/' },
    },
    {
      name: 'only-use-cases-are-called-from-outside',
      comment: 'What is around the engine calls it by its use cases and its requests.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: '^packages/core/src/engine/' },
      to: { path: floor('records', 'host', 'lifecycle') },
    },
    {
      name: 'platform-store-and-conformance-import-core-only',
      severity: 'error',
      from: { path: source('(platform|store-sqlite|conformance)') },
      to: { path: '^packages/', pathNot: '^packages/($1|core)/' },
    },
    {
      name: 'freebsd-model-imports-the-wrappers-it-is-tried-with',
      comment: 'It knows of FreeBSD what hosts printed, and nothing of how klee reads that.',
      severity: 'error',
      from: { path: source('freebsd-model') },
      to: {
        path: '^packages/',
        pathNot:
          '^packages/(freebsd-model|core)/|^packages/platform/src/(freebsd|runner)/index[.]ts$',
      },
    },
    {
      name: 'linux-host-imports-the-platform-of-linux',
      severity: 'error',
      from: { path: source('linux-host') },
      to: {
        path: '^packages/',
        pathNot: '^packages/(linux-host|core)/|^packages/platform/src/(linux|runner)/index[.]ts$',
      },
    },
    {
      name: 'models-are-for-tests',
      comment: 'Only klee takes them along, for `plugin test`, and walks drive klee on the model.',
      severity: 'error',
      from: { path: source('[^/]+'), pathNot: source('(freebsd-model|linux-host|cli|torture)') },
      to: { path: '^packages/(freebsd-model|linux-host)/' },
    },
    {
      name: 'host-puts-platform-and-store-together',
      comment: 'It opens an engine for any program, and gets the drivers from that.',
      severity: 'error',
      from: { path: source('host') },
      to: { path: '^packages/', pathNot: '^packages/(host|core|platform|store-sqlite)/' },
    },
    {
      name: 'drivers-import-the-contract-only',
      comment: "A driver sees core's contract and the platforms' wrappers, and no other driver.",
      severity: 'error',
      from: { path: source('(driver-[^/]+)') },
      to: { path: '^packages/', pathNot: `^(packages/$1/|packages/platform/src/|${contract})` },
    },
    {
      name: 'examples-import-what-strangers-can',
      comment: 'An example is written as by somebody who has never seen this repository.',
      severity: 'error',
      from: { path: '^examples/([^/]+)/' },
      to: {
        path: '^(packages|script)/|^examples/[^/]+/',
        pathNot: `^examples/$1/|^${forAuthors}|^packages/core/src/testing[.]ts$|^packages/(conformance|freebsd-model|linux-host)/src/(packets/)?index[.]ts$`,
      },
    },
    {
      name: 'public-entries-only',
      comment: 'Other packages are imported by what they export.',
      severity: 'error',
      from: { path: source('([^/]+)') },
      to: { path: '^packages/[^/]+/src/.+/', pathNot: '^packages/$1/|/index[.]ts$' },
    },
    {
      name: 'only-the-cli-reads-process',
      comment: 'The store asks it for a module of Node.js that may not be there.',
      severity: 'error',
      from: {
        path: source('[^/]+'),
        pathNot: '^packages/(?:cli/|store-sqlite/src/connection\\.ts$)',
      },
      to: { path: '^(node:)?process$', dependencyTypes: ['core'] },
    },
    {
      name: 'only-core-composes',
      comment: 'What a driver needs is handed to its constructor.',
      severity: 'error',
      from: { path: '^packages/', pathNot: '^packages/core/' },
      to: { path: 'node_modules/(tsyringe|reflect-metadata)/' },
    },
    {
      name: 'source-imports-no-test',
      severity: 'error',
      from: { path: source('[^/]+') },
      to: { path: '^packages/[^/]+/test/' },
    },
    {
      name: 'published-code-imports-published-dependencies',
      comment:
        'The CLI is a bundle: it carries its development dependencies with it. What tortures it is not published.',
      severity: 'error',
      from: { path: source('[^/]+'), pathNot: '^packages/(cli|torture)/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm-peer', 'type-only'],
      },
    },
    {
      name: 'no-cycles',
      comment:
        'Neither when modules are loaded, nor among types, nor by what is imported on first use.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      comment: 'Node 20 does not know node:sqlite.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^node:sqlite$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      conditionNames: ['@kleenet/source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
