/** Steps of walks as tests need them. */
import type { Step } from '../../src/walk/steps/step.ts';

export type Written = Step & Readonly<Record<string, unknown>>;

/** An ordinary bridge network `netN` with the N-th subnet. */
export function network(subnet: number, families: readonly string[] = ['ipv4']): Written {
  return {
    do: 'create network',
    name: `net${subnet}`,
    subnet,
    families,
    type: 'bridge',
    nat: true,
    icc: true,
    internal: false,
    gateway: true,
  };
}

/** An `ipnet` container that runs. */
export function container(
  name: string,
  wishes: readonly { readonly network: string; readonly ipv4?: number }[] = [{ network: 'net1' }],
  ports: readonly object[] = [],
): Written {
  return { do: 'run', name, driver: 'ipnet', starts: 'when asked', wishes, ports };
}
