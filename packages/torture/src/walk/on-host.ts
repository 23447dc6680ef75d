/** Takes a walk on a real FreeBSD host, and leaves it as it was, also when it is interrupted. */
import { StoppedError } from '../machine.ts';
import { openFreebsdHost } from '../world/freebsd-host.ts';
import type { FreebsdHostOptions } from '../world/freebsd-host.ts';
import type { Walked } from './findings.ts';
import type { Step } from './steps/step.ts';
import { walk } from './walk.ts';

export interface HostOrder extends Omit<FreebsdHostOptions, 'signal'> {
  readonly steps: readonly Step[];
}

/** In this process: the host may be reached by a network that namespaces of our own do not have. */
export async function takeWalkOnHost(
  { steps, ...options }: HostOrder,
  log: (line: string) => void,
): Promise<Walked> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new StoppedError('interrupted'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  const world = await openFreebsdHost({ ...options, signal: interrupted.signal });
  try {
    return await walk(world, steps, { log });
  } finally {
    await world.close();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
  }
}
