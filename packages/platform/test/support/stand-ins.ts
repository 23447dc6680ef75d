/** Hosts whose programs are stand-ins: a directory that comes first in PATH, and `sh` as the shell of choice. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommandRunner } from '@kleenet/platform/runner';
import type { CommandRunner } from '@kleenet/core';

/** A shell of the same family as FreeBSD's /bin/sh, and one that keeps to POSIX in its own way when it is called `sh`. */
export const SHELLS: readonly string[] = ['/bin/dash', '/bin/bash'].filter((shell) =>
  existsSync(shell),
);

export interface StandInHost {
  readonly directory: string;
  readonly commands: CommandRunner;
  /** The environment in which the programs are found. */
  readonly environment: Readonly<Record<string, string>>;
  /** Replaces a program, or takes it away. Answers its path. */
  program(name: string, text: string | undefined): string;
  dispose(): void;
}

/** A host whose `sh` is the given program. */
export function standInHost(shell: string): StandInHost {
  const directory = mkdtempSync(join(tmpdir(), 'kleenet-host-'));
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  symlinkSync(shell, join(bin, 'sh'));
  const environment = { PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin`, HOST_SECRET: 'x' };
  const logger = { debug: () => {}, warn: () => {} };
  return {
    directory,
    environment,
    commands: createCommandRunner({ commandPrefix: [], environment, logger }),
    program(name, text) {
      const path = join(bin, name);
      if (text === undefined) rmSync(path, { force: true });
      else writeFileSync(path, `#!/bin/sh\n${text}`, { mode: 0o755 });
      return path;
    },
    dispose: () => rmSync(directory, { recursive: true, force: true }),
  };
}
