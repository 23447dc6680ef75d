/** The known failures of FreeBSD's programs: messages, meaning, and hints. */
import type { Failure } from './failure.ts';
import { IFCONFIG_FAILURES, ROUTE_FAILURES } from './interfaces.ts';
import { JAIL_FAILURES, JAIL_STATE_FAILURES, JEXEC_FAILURES, JLS_FAILURES } from './jails.ts';
import { OTHER_FAILURES } from './others.ts';
import { PF_FAILURES } from './pf.ts';

/** All of them; the first match counts. */
export const FAILURES: readonly Failure[] = [
  ...IFCONFIG_FAILURES,
  ...JAIL_FAILURES,
  ...JEXEC_FAILURES,
  ...JLS_FAILURES,
  ...ROUTE_FAILURES,
  ...PF_FAILURES,
  ...JAIL_STATE_FAILURES,
  ...OTHER_FAILURES,
];
