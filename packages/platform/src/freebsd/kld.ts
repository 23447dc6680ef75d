/** Kernel modules. */
import type { CommandRunner, Logger } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { change } from './run.ts';

/** Loads a module that the kernel does not have, and reports that. */
export async function loadModule(
  commands: CommandRunner,
  logger: Logger,
  module: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  await change(commands, ['kldload', '-n', module], options);
  logger.warn(
    `the kernel module ${module} was loaded; ${module}_load="YES" in /boot/loader.conf does so at every boot`,
  );
}

/** Whether the kernel has a module. A host without kldstat(8) is assumed to have it. */
export async function hasModule(
  commands: CommandRunner,
  module: string,
  options: { readonly signal?: AbortSignal },
): Promise<boolean> {
  try {
    const { status } = await commands.read(['kldstat', '-q', '-m', module], {
      ...options,
      accept: 'any',
      together: true,
    });
    return status !== 1;
  } catch (error) {
    if (!hasCode(error, 'TOOL_MISSING')) throw error;
    return true;
  }
}
