/** What a new driver and its package are called. Pure. */
import { KleenetError } from '@kleenet/core/errors';

export interface NewNames {
  /** As npm knows it. */
  readonly packageName: string;
  readonly driver: string;
  /** The folder that it is written to, where nobody says otherwise. */
  readonly folder: string;
}

/** The names of packages that others find when they look for drivers begin with this, after their scope. */
const PREFIX = 'kleenet-driver-';

const NAME = /^(?:(@[a-z0-9-][a-z0-9-._]*)\/)?(?:kleenet-driver-)?([a-z][a-z0-9-]{0,63})$/;

/**
 * From `mynet`, `kleenet-driver-mynet` or either with a scope.
 * @throws KleenetError INVALID_NAME
 */
export function parseNewNames(text: string): NewNames {
  const [, scope, driver] = NAME.exec(text) ?? [];
  if (driver === undefined) {
    throw new KleenetError('INVALID_NAME', `${JSON.stringify(text)} cannot name a driver`, {
      hint: 'use lower-case letters, digits and dashes, a letter first, as in mynet or @acme/kleenet-driver-mynet',
      details: { kind: 'driver', value: text },
    });
  }
  const folder = `${PREFIX}${driver}`;
  return { packageName: scope === undefined ? folder : `${scope}/${folder}`, driver, folder };
}
