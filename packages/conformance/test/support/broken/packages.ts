/** Drivers in packages that say what is not so, and endpoints with options that do not fit. */
import { API_VERSION } from '@kleenet/core/driver';
import type { ConformanceOptions } from '../../../src/index.ts';
import { packageOf, pluginOf } from '../packaged.ts';
import { OWN, reference } from '../reference.ts';
import type { BrokenDriver } from './broken-driver.ts';

const PLUGIN = 'its plugin is for this version of the contract, and registers it';
const NAME = 'its plugin has the name of its package';
const DESCRIBED = 'its package.json describes it, for this version of the contract';
const PLATFORMS = 'its package.json names the platforms that it works on';
const KNOWN = 'its package.json says nothing in the field kleenet that klee does not know';
const PEER =
  'its package.json leaves @kleenet/core to its users: a peer dependency, and none of its own';
const OPTIONS = 'the options that endpoints have in these cases are its own, and pass their checks';

type Row = readonly [fault: string, options: ConformanceOptions, fails: string, also?: string];

const ROWS: readonly Row[] = [
  [
    'has a plugin for another version of the contract',
    { plugin: pluginOf(OWN, { apiVersion: API_VERSION + 1 }) },
    PLUGIN,
  ],
  ['is not registered by its plugin', { plugin: pluginOf(OWN, { register: () => {} }) }, PLUGIN],
  [
    'has a plugin with a misspelt name',
    { plugin: pluginOf(OWN), packageJson: { ...packageOf(), name: 'driver-referenec' } },
    NAME,
  ],
  [
    'has a package for another version of the contract',
    { packageJson: packageOf({}, API_VERSION + 1) },
    DESCRIBED,
  ],
  [
    'has a package without a description',
    { packageJson: packageOf({ description: '' }) },
    DESCRIBED,
  ],
  [
    'has a package about another driver',
    { packageJson: packageOf({ name: 'other' }) },
    DESCRIBED,
    PLATFORMS,
  ],
  [
    'has a package for a platform that does not exist',
    { packageJson: packageOf({ platforms: ['plan9'] }) },
    PLATFORMS,
  ],
  [
    'has a package for a platform that it cannot work on',
    { packageJson: packageOf({ platforms: ['linux'] }) },
    PLATFORMS,
  ],
  [
    'has a package with a misspelt field',
    { packageJson: packageOf({ platform: 'memory' }) },
    KNOWN,
  ],
  [
    'has a package without core as a peer',
    { packageJson: { ...packageOf(), peerDependencies: {} } },
    PEER,
  ],
  [
    'has a package with a core of its own',
    { packageJson: { ...packageOf(), dependencies: { '@kleenet/core': '*' } } },
    PEER,
  ],
  ['does not know an option of its endpoints', { endpointOptions: { size: '1' } }, OPTIONS],
  ['refuses an option of its endpoints', { endpointOptions: { color: 'red' } }, OPTIONS],
];

export const BROKEN_PACKAGES: readonly BrokenDriver[] = ROWS.map(
  ([fault, options, fails, also]) => ({
    fault,
    subject: reference(OWN),
    options,
    fails,
    ...(also === undefined ? {} : { also: [also] }),
  }),
);
