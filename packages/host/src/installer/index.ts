/** Adding and removing plugins of this user, and the plugin in a folder. */
export { PluginInstaller } from './installer.ts';
export type { Candidate, InstallerOptions } from './installer.ts';
export { pluginAt } from './plugin-at.ts';
export type { PackagedPlugin } from './plugin-at.ts';
export { parseLinked, parseSpec } from './spec.ts';
