/** The errors of networks whose interface is not what it should be. Pure. */
import type { Network } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';

export function interfaceInUse({ interface: name }: Network): KleenetError {
  return new KleenetError(
    'INTERFACE_IN_USE',
    `the host already has an interface ${name} that klee did not make`,
    {
      hint: 'choose another name with --interface, or connect to the interface as it is with --type custom',
      details: { interface: name },
    },
  );
}

export function interfaceNotFound({ name: network, interface: name }: Network): KleenetError {
  return new KleenetError(
    'INTERFACE_NOT_FOUND',
    `network ${network} needs the interface ${name}, which the host does not have`,
    {
      hint: 'make the interface first: klee never creates or destroys that of a custom network',
      details: { interface: name },
    },
  );
}
