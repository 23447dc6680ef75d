/** npm(1), as klee uses it: packages go into a folder of klee's, and their scripts do not run. */
import type { Argv, CommandRunner } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { join } from 'node:path';
import { parseJson } from '../json.ts';
import { CORE } from './directory.ts';

/** In milliseconds. Packages may come over a slow line. */
const TIMEOUT = 15 * 60 * 1000;

export interface NpmInstall {
  /** A folder with a package.json, and the core that plugins get as their peer. */
  readonly project: string;
  /** What npm takes for a package. */
  readonly spec: string;
}

/**
 * The command line. Whatever the user's npm settings are, scripts stay off, and a plugin that requires another core
 * than this klee's is refused.
 */
export function npmInstall({ project, spec }: NpmInstall): Argv {
  return [
    'npm',
    'install',
    `--prefix=${project}`,
    '--location=project',
    '--global=false',
    '--dry-run=false',
    '--ignore-scripts',
    '--omit=dev',
    '--include=prod',
    '--bin-links=false',
    '--install-links',
    '--install-strategy=hoisted',
    '--strict-peer-deps',
    '--legacy-peer-deps=false',
    '--force=false',
    '--save',
    '--no-audit',
    '--no-fund',
    '--no-progress',
    '--no-update-notifier',
    '--loglevel=error',
    '--json',
    '--',
    spec,
    `@kleenet/core@file:${join(project, CORE)}`,
  ];
}

/** @throws KleenetError PLUGIN_INVALID, PLATFORM_COMMAND_FAILED, TOOL_MISSING, INTERRUPTED */
export async function runNpm(
  commands: CommandRunner,
  install: NpmInstall,
  signal: AbortSignal,
): Promise<void> {
  const argv = npmInstall(install);
  const { status, stdout, stderr } = await commands.change(argv, {
    accept: 'any',
    timeout: TIMEOUT,
    signal,
  });
  if (status === 0) return;
  const { code, summary, detail } = parseError(stdout);
  const details = { argv, status, stderr, npm: code };
  if (code === 'ERESOLVE') {
    throw new KleenetError(
      'PLUGIN_INVALID',
      `${install.spec} is not compatible with this klee: ${conflict(detail)}`,
      { hint: 'add a version that supports this klee', details },
    );
  }
  const said = [code, summary].filter((text) => text !== '').join(': ') || firstLine(stderr);
  throw new KleenetError('PLATFORM_COMMAND_FAILED', `npm cannot install ${install.spec}: ${said}`, {
    hint: hintFor(code),
    details,
  });
}

interface NpmError {
  readonly code: string;
  readonly summary: string;
  readonly detail: string;
}

/** The JSON that npm prints on failure. */
function parseError(stdout: string): NpmError {
  const error = member(parseJson(stdout), 'error');
  const text = (name: string): string => {
    const value = member(error, name);
    return typeof value === 'string' ? value : '';
  };
  return { code: text('code'), summary: text('summary'), detail: text('detail') };
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** npm explains at length; the relevant line names the conflicting dependency. */
function conflict(detail: string): string {
  return /^peer .*$/m.exec(detail)?.[0] ?? 'npm finds no compatible set of packages';
}

function firstLine(text: string): string {
  return text.split('\n').find((line) => line.trim() !== '') ?? 'it does not say why';
}

function hintFor(code: string): string {
  switch (code) {
    case 'E404':
      return 'check the spelling; for a directory or a tarball, write its path with ./ in front';
    case 'ENOTFOUND':
    case 'ECONNREFUSED':
    case 'EAI_AGAIN':
    case 'ETIMEDOUT':
      return 'the registry cannot be reached: bring the package as a tarball, or see npm-config(1) for a proxy';
    default:
      return 'run it again with --debug to see the command';
  }
}
