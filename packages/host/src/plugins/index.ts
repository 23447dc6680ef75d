/** Plugins on this machine: where they are, which may be used, and how they are loaded. */
export { bundledOnly, driverNames, findPlugins } from './catalog.ts';
export type { CatalogOptions, PluginCatalog } from './catalog.ts';
export type { ImportModule, PluginEnvironment } from './load.ts';
export type { FoundPlugin, SkippedPlugin } from './package.ts';
