/** A plugin where somebody says that one is, whether or not klee uses it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KleenetError } from '@kleenet/core/errors';
import { pluginSource } from './load.ts';
import type { Loading } from './load.ts';
import { readPackage } from './package.ts';
import type { TestedPlugin } from './test.ts';
import { Witness } from './witness.ts';

/** @throws KleenetError with the reason for which klee would skip it */
export function pluginAt(directory: string, loading: Loading): TestedPlugin {
  const { asRoot } = loading;
  const found = readPackage(directory, 'config', { witness: new Witness(), asRoot });
  if ('reason' in found) {
    const { code, reason, plugin } = found;
    throw new KleenetError(code, `${directory} holds no plugin that klee can use: ${reason}`, {
      hint:
        code === 'PLUGIN_UNTRUSTED'
          ? 'run it as yourself: only root is so careful'
          : "give the directory of a package that has a field 'kleenet': 'klee plugin new' writes one",
      details: { plugin, directory },
    });
  }
  return { ...pluginSource(found, loading), packageJson: packageJsonIn(directory) };
}

/** It was read before, and is right. */
function packageJsonIn(directory: string): unknown {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
}
