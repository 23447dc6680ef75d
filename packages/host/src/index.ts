/** Opens an engine on this machine: the store, the platform and the plugins of a state directory, put together. */
export { openEngine } from './open.ts';
export type { Decorate, OpenOptions, OpenedEngine } from './open.ts';
export type { StateHome } from './home.ts';
export { readSettings } from './settings.ts';
export type { Environment, Overrides, Settings } from './settings.ts';
