/** The errors of networks and their firewall, the same on every system. Pure. */
import type { Network } from '@kleenet/core';
import { KleenetError, hasCode } from '@kleenet/core/errors';

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

/** The faults of a failed load, all of them. */
export function rulesRefused(error: unknown): unknown {
  if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) return error;
  return new KleenetError(
    'PLATFORM_COMMAND_FAILED',
    `the firewall rules could not be loaded: ${error.message}`,
    {
      hint: "nothing was changed; 'klee system check' compares the loaded rules, 'klee system repair' loads them again",
      details: error.details,
      cause: error,
    },
  );
}
