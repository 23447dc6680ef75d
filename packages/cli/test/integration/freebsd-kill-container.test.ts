import { FREEBSD_CONTAINER_SCENARIOS } from '../support/freebsd-scenarios.ts';
import { killAtEveryPoint } from '../support/kill.ts';
import { freebsdKillHost } from '../support/kill-freebsd.ts';

killAtEveryPoint(freebsdKillHost(), FREEBSD_CONTAINER_SCENARIOS);
