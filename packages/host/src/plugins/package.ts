/** One candidate folder: its plugin, or the reason why it is not used. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { API_VERSION } from '@kleenet/core/driver';
import type { ErrorCode } from '@kleenet/core/errors';
import { hasCode } from '@kleenet/core/errors';
import type { PluginLink } from './link.ts';
import { parseManifest } from './manifest.ts';
import type { Manifest, Parsed } from './manifest.ts';
import type { Origin } from './places.ts';
import { readSmallFile } from '../small-file.ts';
import { resolveTrusted } from './trust.ts';
import type { Witness } from './witness.ts';

/** A usable plugin. */
export interface FoundPlugin extends Manifest {
  readonly origin: Origin;
  /** The place of the plugin. */
  readonly directory: string;
  /** The path of its entry. */
  readonly entry: string;
  /** The directory elsewhere that it is used from. Absent for a plugin that is where it was found. */
  readonly linkedTo?: string;
}

/** A skipped plugin, and the reason. */
export interface SkippedPlugin {
  /** The name of the package; without one, that of its folder. */
  readonly plugin: string;
  /** Empty when it is not known. */
  readonly version: string;
  readonly code: ErrorCode;
  readonly reason: string;
  readonly drivers: readonly string[];
  readonly origin: Origin;
  readonly directory: string;
  /** As for a usable plugin. */
  readonly linkedTo?: string;
}

/** How to search. */
export interface Looking {
  readonly witness: Witness;
  /** Whether to use only files that only root can change. */
  readonly asRoot: boolean;
}

/** Larger than any real package.json. */
const SIZE_LIMIT = 1024 * 1024;

export function readPackage(
  directory: string,
  origin: Origin,
  looking: Looking,
  link?: PluginLink,
): FoundPlugin | SkippedPlugin {
  const linked = link === undefined ? {} : { linkedTo: link.target };
  const place = trustedPath(directory, looking);
  const text = readText(join(place.path, 'package.json'), looking.witness);
  const parsed = text === undefined ? undefined : parseManifest(text, API_VERSION);
  const skip = (code: ErrorCode, reason: string): SkippedPlugin => ({
    ...labelOf(parsed ?? recorded(link), directory),
    code,
    reason,
    origin,
    directory,
    ...linked,
  });
  if (place.problem !== undefined) return skip('PLUGIN_UNTRUSTED', place.problem);
  if (parsed === undefined) return skip('PLUGIN_INVALID', absence(link));
  if ('invalid' in parsed) {
    const { isIncompatible, reason } = parsed.invalid;
    return skip(isIncompatible ? 'API_VERSION_UNSUPPORTED' : 'PLUGIN_INVALID', reason);
  }
  const { manifest } = parsed;
  const entry = trustedPath(join(place.path, manifest.plugin), looking);
  if (entry.problem !== undefined) return skip('PLUGIN_UNTRUSTED', entry.problem);
  if (looking.witness.look('target', entry.path)?.isFile() !== true)
    return skip('PLUGIN_INVALID', `its entry ${manifest.plugin} is missing`);
  return { ...manifest, origin, directory, entry: entry.path, ...linked };
}

function absence(link: PluginLink | undefined): string {
  return link === undefined || existsSync(link.target)
    ? 'its package.json is missing or unreadable'
    : `it is linked, and its directory ${link.target} is gone`;
}

/** What klee knew of a linked plugin when it was added: enough to name it and its drivers. */
function recorded(link: PluginLink | undefined): Parsed | undefined {
  const text = link?.record === undefined ? undefined : readSmallFile(link.record, SIZE_LIMIT);
  return text === undefined ? undefined : parseManifest(text, API_VERSION);
}

interface TrustedPath {
  readonly path: string;
  /** The reason why it must not be used. */
  readonly problem?: string;
}

function trustedPath(path: string, { asRoot, witness }: Looking): TrustedPath {
  if (!asRoot) return { path };
  try {
    return { path: resolveTrusted(path, witness) };
  } catch (error) {
    if (!hasCode(error, 'PLUGIN_UNTRUSTED')) throw error;
    return { path, problem: error.message };
  }
}

function labelOf(
  parsed: Parsed | undefined,
  directory: string,
): Pick<SkippedPlugin, 'plugin' | 'version' | 'drivers'> {
  if (parsed === undefined) return { plugin: basename(directory), version: '', drivers: [] };
  if ('invalid' in parsed) {
    const { name, version, drivers } = parsed.invalid;
    return { plugin: name === '' ? basename(directory) : name, version, drivers };
  }
  const { name, version, drivers } = parsed.manifest;
  return { plugin: name, version, drivers: drivers.map((driver) => driver.name) };
}

/** Other users may have put anything there: only a regular file of limited size is read. */
function readText(path: string, witness: Witness): string | undefined {
  if (witness.look('target', path)?.isFile() !== true) return undefined;
  return readSmallFile(path, SIZE_LIMIT);
}
