/** Opens an engine on this machine: the store, the platform and the plugins of a state directory, put together. */
export { openEngine, openReader } from './open.ts';
export type { Decorate, OpenOptions, OpenedEngine, OpenedReader } from './open.ts';
export type { StateHome } from './home.ts';
export { readSettings } from './settings.ts';
export type { Environment, Overrides, Settings } from './settings.ts';
