import { deepEqual } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import { TOP, findPages, linksOf } from './support/markdown.ts';

const links = suite('links of the documentation');

for (const page of findPages()) {
  links(page, () => {
    const broken = linksOf(page).filter((target) => !existsSync(join(TOP, dirname(page), target)));
    deepEqual(broken, []);
  });
}

links.run();
