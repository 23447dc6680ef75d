import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeContract } from '../../core/test/support/store-contract.ts';
import { openStore } from '../src/index.ts';
import { uid } from './support/place.ts';

const base = mkdtempSync(join(tmpdir(), 'klee-store-'));
process.on('exit', () => rmSync(base, { recursive: true, force: true }));
let count = 0;

storeContract('SQLite', () => {
  count += 1;
  return openStore({ directory: join(base, `state-${count}`), uid });
});

storeContract('a rehearsal of SQLite', async () => {
  count += 1;
  const store = await openStore({ directory: join(base, `state-${count}`), uid });
  const rehearsal = await store.rehearse();
  store.close();
  return rehearsal;
});
