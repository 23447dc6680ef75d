/** The location of the state, the platform, and the command prefix. */
import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { PlatformName } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { readSmallFile } from './small-file.ts';
import type { Config } from './config.ts';
import { parseJson } from './json.ts';

export interface Settings {
  readonly platform: PlatformName;
  /** The state directory, as an absolute path without links: OCI runtimes accept no other. */
  readonly root: string;
  readonly commandPrefix: readonly string[];
  /** Packages of plugins, by absolute path, besides those in the plugin directories. */
  readonly plugins: readonly string[];
  /** In bytes: the size limit of one container's log; the platform's default when absent. */
  readonly logLimit?: number;
}

/** Overrides of the environment and the configuration file. */
export interface Overrides {
  readonly root?: string | undefined;
  readonly platform?: string | undefined;
  /** The configuration file; default: that of the system. */
  readonly config?: string | undefined;
  /** A JSON array of words. */
  readonly commandPrefix?: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_CONFIG: Readonly<Record<string, string>> = {
  freebsd: '/usr/local/etc/kleenet/config.json',
  linux: '/etc/kleenet/config.json',
};

/**
 * Overrides take precedence over the environment, and the environment over the configuration file. `system` is the
 * operating system that klee itself runs on, as Node names it.
 * @throws KleenetError INVALID_ARGUMENT, PLATFORM_UNSUPPORTED
 */
export async function readSettings(
  overrides: Overrides,
  environment: Environment,
  system: string,
): Promise<Settings> {
  const config = await readConfig(overrides.config, system);
  const platform = choosePlatform(
    overrides.platform ?? nonEmpty(environment['KLEE_PLATFORM']) ?? config.platform ?? 'auto',
    system,
  );
  const root =
    overrides.root ??
    nonEmpty(environment['KLEE_ROOT']) ??
    config.root ??
    defaultRoot(platform, environment);
  const prefix = overrides.commandPrefix ?? nonEmpty(environment['KLEE_COMMAND_PREFIX']);
  return {
    platform,
    root: withoutLinks(resolve(root)),
    commandPrefix: prefix === undefined ? (config.commandPrefix ?? []) : parsePrefix(prefix),
    plugins: config.plugins ?? [],
    ...(config.logLimit === undefined ? {} : { logLimit: config.logLimit }),
  };
}

/** Components below a missing path will be made without links. */
function withoutLinks(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const parent = dirname(path);
    // The user of the path reports why it cannot be followed.
    if (error.code !== 'ENOENT' || parent === path) return path;
    return join(withoutLinks(parent), basename(path));
  }
}

async function readConfig(given: string | undefined, system: string): Promise<Config> {
  const path = given ?? DEFAULT_CONFIG[system];
  if (path === undefined || (given === undefined && !existsSync(path))) return {};
  const { parseConfig } = await import('./config.ts');
  return parseConfig(path, readText(path));
}

/** In bytes: larger than any hand-written file. */
const CONFIG_LIMIT = 1024 * 1024;

/** Reads a regular file only: reading others, such as a FIFO or a device, may never end. */
function readText(path: string): string {
  let text: string | undefined;
  try {
    accessSync(path, constants.R_OK);
    text = readSmallFile(path, CONFIG_LIMIT);
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (text === undefined)
    throw unreadable(path, `it is not a regular file of at most ${CONFIG_LIMIT} bytes`);
  return text;
}

function unreadable(path: string, reason: string, cause?: unknown): KleenetError {
  return new KleenetError(
    'INVALID_ARGUMENT',
    `the configuration file ${path} cannot be read: ${reason}`,
    {
      hint: 'name another with --config FILE',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

function choosePlatform(text: string, system: string): PlatformName {
  const wanted = text === 'auto' ? system : text;
  if (wanted === 'linux' || wanted === 'freebsd' || wanted === 'memory') return wanted;
  if (text === 'auto') {
    throw new KleenetError('PLATFORM_UNSUPPORTED', `klee does not run on ${system}`, {
      hint: 'try it on a simulated host with --platform memory',
    });
  }
  throw new KleenetError('INVALID_ARGUMENT', `${JSON.stringify(text)} is not a platform`, {
    hint: 'use auto, freebsd, linux or memory',
  });
}

function defaultRoot(platform: PlatformName, environment: Environment): string {
  if (platform === 'freebsd') return '/var/db/kleenet';
  if (platform === 'linux') return '/var/lib/kleenet';
  // https://specifications.freedesktop.org/basedir-spec: state that is kept, but not worth moving elsewhere.
  return join(
    nonEmpty(environment['XDG_STATE_HOME']) ?? join(homedir(), '.local', 'state'),
    'kleenet',
  );
}

function parsePrefix(text: string): readonly string[] {
  const words = parseJson(text);
  if (Array.isArray(words) && words.every((word) => typeof word === 'string' && word !== ''))
    return words;
  throw new KleenetError('INVALID_ARGUMENT', 'KLEE_COMMAND_PREFIX is not a JSON array of words', {
    hint: `write it as in KLEE_COMMAND_PREFIX='["doas"]'`,
  });
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
