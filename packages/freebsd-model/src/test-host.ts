/** A modelled FreeBSD host for the tests of drivers and of the engine. */
import { SILENT_LOGGER } from '@kleenet/core/testing';
import type { Fault, Platform, TestHost, TestProcess } from '@kleenet/core/testing';
import { createFreebsdPlatform } from '@kleenet/platform/freebsd';
import { createFreebsdHost } from './host.ts';
import type { FreebsdHost, FreebsdHostOptions } from './host.ts';
import { project } from './projection.ts';
import { applyTampering } from './tamper.ts';

/** With the modelled host itself, for FreeBSD's own features. */
export interface FreebsdTestHost extends TestHost {
  readonly host: FreebsdHost;
  process(faults?: readonly Fault[]): FreebsdTestProcess;
}

/** A process on it, with the whole platform. */
export interface FreebsdTestProcess extends TestProcess {
  readonly platform: Platform;
}

/** klee's directory on the host. */
const DIRECTORY = '/var/db/kleenet';

const BASIS =
  'it answers ifconfig(8), route(8), jail(8), pfctl(8) and others as recorded on FreeBSD 13.2 and 15.1; packets, timing and other releases need a real host';

/** Makes a new host that lives in this process. */
export function freebsdTestHost(options: FreebsdHostOptions = {}): FreebsdTestHost {
  const host = createFreebsdHost(options);
  return {
    host,
    platform: 'freebsd',
    title: `a model of FreeBSD ${host.state.release}`,
    basis: BASIS,
    process(faults = []) {
      const process = host.process(faults);
      const platform = createFreebsdPlatform({
        commands: process.commands,
        directory: DIRECTORY,
        clock: host.clock,
        logger: SILENT_LOGGER,
        commandPrefix: [],
      });
      return {
        platform,
        commands: process.commands,
        clock: host.clock,
        get steps() {
          return process.steps;
        },
      };
    },
    inspect: async () => structuredClone(project(host.state)),
    async tamper(change) {
      const before = project(host.state);
      const after = structuredClone(before);
      change(after);
      applyTampering(host.machine, before, after);
    },
  };
}
