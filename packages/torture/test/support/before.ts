/** A host on which a program does something else. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory with a program that stands before the one of the host, which it calls as `real`. */
export function before(program: string, script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'torture-before-'));
  const path = join(folder, program);
  const real = `PATH=\${PATH#${folder}:}\nreal() { ${program} "$@"; }`;
  writeFileSync(path, `#!/bin/sh\n${real}\n${script}\n`, { mode: 0o755 });
  return folder;
}
