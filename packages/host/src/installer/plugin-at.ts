/** A plugin at a given path, whether or not klee uses it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PluginSource } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { pluginSource } from '../plugins/load.ts';
import type { Loading } from '../plugins/load.ts';
import { readPackage } from '../plugins/package.ts';
import { Witness } from '../plugins/witness.ts';

/** A plugin with its package.json, if available. */
export interface PackagedPlugin extends PluginSource {
  /** Parsed. */
  readonly packageJson?: unknown;
}

/** @throws KleenetError with the reason for which klee would skip it */
export function pluginAt(directory: string, loading: Loading): PackagedPlugin {
  const { asRoot } = loading;
  const found = readPackage(directory, 'config', { witness: new Witness(), asRoot });
  if ('reason' in found) {
    const { code, reason, plugin } = found;
    throw new KleenetError(code, `${directory} holds no plugin that klee can use: ${reason}`, {
      hint:
        code === 'PLUGIN_UNTRUSTED'
          ? "root runs nothing in place that others could change: run it as the user whose it is, or let 'klee plugin add' make a copy for root, and give its name"
          : "give the directory of a package that has a field 'kleenet': 'klee plugin new' writes one",
      details: { plugin, directory },
    });
  }
  return { ...pluginSource(found, loading), packageJson: packageJsonIn(directory) };
}

/** It was read before, and is valid. */
function packageJsonIn(directory: string): unknown {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
}
