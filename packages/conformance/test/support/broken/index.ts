/** Drivers with one fault each. */
import { BROKEN_ATTACHING } from './attaching.ts';
import type { BrokenDriver } from './broken-driver.ts';
import { BROKEN_DATA_PLANES } from './data-planes.ts';
import { BROKEN_DETACHING } from './detaching.ts';
import { BROKEN_WHEN_DISTURBED } from './disturbed.ts';
import { BROKEN_IN_ODD_STATES } from './in-odd-states.ts';
import { BROKEN_INTERFACES } from './interfaces.ts';
import { BROKEN_MANIFESTS } from './manifests.ts';
import { BROKEN_OBSERVING } from './observing.ts';
import { BROKEN_OWN_NETWORKS } from './own-networks.ts';
import { BROKEN_PACKAGES } from './packages.ts';
import { BROKEN_IN_PROCESS, brokenImports } from './process.ts';
import { BROKEN_VALIDATIONS } from './validations.ts';

export const BROKEN_DRIVERS: readonly BrokenDriver[] = [
  ...BROKEN_MANIFESTS,
  ...BROKEN_PACKAGES,
  ...BROKEN_VALIDATIONS,
  ...BROKEN_DATA_PLANES,
  ...BROKEN_IN_PROCESS,
  ...(await brokenImports()),
  ...BROKEN_ATTACHING,
  ...BROKEN_INTERFACES,
  ...BROKEN_DETACHING,
  ...BROKEN_OBSERVING,
  ...BROKEN_IN_ODD_STATES,
  ...BROKEN_WHEN_DISTURBED,
  ...BROKEN_OWN_NETWORKS,
];
