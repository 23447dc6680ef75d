/** A network is what it says for all of its containers, or they do not connect. Pure. */
import type { NetworkDriver } from '../../driver.ts';
import { KleenetError } from '../../errors.ts';
import type { Network } from '../../model.ts';

interface Unkept {
  /** In the words of `klee network create`. */
  readonly option: 'internal' | 'no-icc';
  readonly error: KleenetError;
}

/** What a network says of its isolation that a driver cannot keep, as FEATURE_UNSUPPORTED. */
export function unkeptProblems(
  { name: driver, capabilities }: Pick<NetworkDriver, 'name' | 'capabilities'>,
  { internal, icc, name, type }: Pick<Network, 'internal' | 'icc' | 'name' | 'type'>,
): readonly Unkept[] {
  const { networkTypes, internalOn = networkTypes, noIccOn = networkTypes } = capabilities;
  const unkept = (option: Unkept['option'], is: string, cannot: string): Unkept => ({
    option,
    error: new KleenetError(
      'FEATURE_UNSUPPORTED',
      `network '${name}' is ${is}, and containers of the driver ${driver} cannot be ${cannot} on ${type} networks`,
      { hint: `use a network without --${option}, or a container with another driver` },
    ),
  });
  return [
    ...(internal && !internalOn.includes(type)
      ? [unkept('internal', 'internal', 'kept inside')]
      : []),
    ...(!icc && !noIccOn.includes(type)
      ? [unkept('no-icc', 'without icc', 'kept from each other')]
      : []),
  ];
}
