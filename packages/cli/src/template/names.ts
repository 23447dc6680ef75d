/** The names of a new driver and its package. Pure. */
import { KleenetError } from '@kleenet/core/errors';

export interface NewNames {
  /** The npm name. */
  readonly packageName: string;
  readonly driver: string;
  /** The default folder of the new package. */
  readonly folder: string;
}

/** The prefix of driver packages, after their scope, by which users find them. */
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
