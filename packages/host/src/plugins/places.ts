/** The locations of plugins. Pure. */
import { isAbsolute, join, resolve } from 'node:path';
import type { Environment } from '../settings.ts';

/** The origin of a plugin, in order of precedence. */
export type Origin = 'klee' | 'system' | 'user' | 'config';

/** A directory of plugins: each entry is a package, `@scope` holds more of them. */
export interface Place {
  readonly origin: 'system' | 'user';
  readonly directory: string;
}

/** The user who runs klee, and the system. */
export interface Surroundings {
  /** As Node names it. */
  readonly system: string;
  readonly uid: number;
  readonly environment: Environment;
  readonly home: () => string;
}

/**
 * For the administrator's additions: hier(7) of FreeBSD and the FHS agree on /usr/local/lib. Packages of a Linux
 * distribution must not use that, and have /usr/lib; those of FreeBSD use /usr/local as well.
 */
const LOCAL = '/usr/local/lib/kleenet/plugins';
const DISTRIBUTION = '/usr/lib/kleenet/plugins';

/** In order of precedence. Root's plugins are the system's: only the user controls a user directory. */
export function pluginPlaces(surroundings: Surroundings): readonly Place[] {
  const { uid } = surroundings;
  return uid === 0
    ? systemPlaces(surroundings)
    : [...systemPlaces(surroundings), userPlace(surroundings)];
}

/** Where `klee plugin add` puts plugins. */
export function placeToAdd(surroundings: Surroundings): Place {
  const [local] = systemPlaces(surroundings);
  return surroundings.uid === 0 && local !== undefined ? local : userPlace(surroundings);
}

function systemPlaces({ system, environment }: Surroundings): readonly Place[] {
  const chosen = environment['KLEE_PLUGIN_DIRECTORY'] ?? '';
  const directories =
    chosen !== '' ? [chosen] : system === 'linux' ? [LOCAL, DISTRIBUTION] : [LOCAL];
  return directories.map((directory) => ({ origin: 'system', directory: resolve(directory) }));
}

/** https://specifications.freedesktop.org/basedir-spec: a relative path there must be ignored. */
function userPlace({ environment, home }: Surroundings): Place {
  const given = environment['XDG_DATA_HOME'] ?? '';
  const data = isAbsolute(given) ? given : join(home(), '.local', 'share');
  return { origin: 'user', directory: join(data, 'kleenet', 'plugins') };
}
