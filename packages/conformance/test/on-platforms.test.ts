/** The cases about a host of a real platform: a driver whose data plane there has one fault fails the case there. */
import { ok } from 'node:assert/strict';
import { suite } from 'uvu';
import { BROKEN_DRIVERS } from './support/broken/index.ts';
import { withPlane } from './support/reference.ts';
import { casesOn, failsAsSaidOn } from './support/trying.ts';

const test = suite('broken drivers on real platforms');

for (const platform of ['freebsd', 'linux'] as const) {
  for (const { name } of casesOn(platform, { subject: withPlane(() => ({})) })) {
    test(`a driver fails the case that says so, and no other: ${name}`, async () => {
      const broken = BROKEN_DRIVERS.find(
        ({ subject, fails, on = platform }) =>
          `${fails} (${platform})` === name && on === platform && typeof subject === 'function',
      );
      ok(broken !== undefined, 'there is none');
      await failsAsSaidOn(platform, broken);
    });
  }
}

test.run();
