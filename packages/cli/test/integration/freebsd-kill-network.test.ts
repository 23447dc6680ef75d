import { FREEBSD_NETWORK_SCENARIOS } from '../support/freebsd-scenarios.ts';
import { killAtEveryPoint } from '../support/kill.ts';
import { freebsdKillHost } from '../support/kill-freebsd.ts';

killAtEveryPoint(freebsdKillHost(), FREEBSD_NETWORK_SCENARIOS);
