/** Namespaces that a test may change at will: made by `scripts/namespaces.sh`, and told from the machine's own. */
import { readFileSync, readlinkSync } from 'node:fs';
import { KleenetError } from '@kleenet/core/errors';
import { NAMESPACES } from './scripts/embedded.ts';

/** Where the script notes the network namespace that it has made, in a file that only its mount namespace has. */
const NOTE = '/run/kleenet-test-host';

/**
 * The command line that runs a command in namespaces of its own: without root, in a user namespace. They are removed with
 * it.
 */
export function inNamespaces(command: readonly string[]): readonly [string, ...string[]] {
  return ['sh', '-c', NAMESPACES.text, NAMESPACES.name, ...command];
}

/** Whether this process is in such namespaces, and so may change everything in them. */
export function isInNamespaces(): boolean {
  try {
    return readFileSync(NOTE, 'utf8').trim() === readlinkSync('/proc/self/ns/net');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(codeOf(error))) return false;
    throw error;
  }
}

/** @throws KleenetError PLATFORM_UNSUPPORTED anywhere else: what follows removes all that it finds */
export function requireNamespaces(): void {
  if (isInNamespaces()) return;
  throw new KleenetError(
    'PLATFORM_UNSUPPORTED',
    'tests on a Linux host change it, and this process is not in namespaces of its own',
    { hint: 'run it by kleenet-namespaces COMMAND' },
  );
}

/** Whether root here is an ordinary user outside (user_namespaces(7)). */
export function isUserNamespace(): boolean {
  const [inside, outside] = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/);
  return inside !== outside;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}
