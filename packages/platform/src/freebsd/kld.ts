/** Kernel modules. */
import type { CommandRunner, Logger } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { change } from './run.ts';

/** Loads a module unless the kernel has it, and reports that. A host without kldstat(8) is assumed to have it. */
export async function loadModule(
  commands: CommandRunner,
  logger: Logger,
  module: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  if (await isLoaded(commands, module, options)) return;
  await change(commands, ['kldload', '-n', module], options);
  logger.warn(
    `the kernel module ${module} was loaded; ${module}_load="YES" in /boot/loader.conf does so at every boot`,
  );
}

async function isLoaded(
  commands: CommandRunner,
  module: string,
  options: { readonly signal?: AbortSignal },
): Promise<boolean> {
  try {
    const { status } = await commands.read(['kldstat', '-q', '-m', module], {
      ...options,
      accept: 'any',
    });
    return status !== 1;
  } catch (error) {
    if (!hasCode(error, 'TOOL_MISSING')) throw error;
    return true;
  }
}
