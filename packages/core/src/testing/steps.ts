import type { Argv, CommandResult } from '../command.ts';

/** Runs the steps of a change one after the other, up to the first that fails, and answers as the script for them does. */
export async function changeInSteps(
  steps: readonly Argv[],
  change: (step: Argv) => Promise<CommandResult>,
): Promise<CommandResult> {
  let stdout = '';
  for (const [index, step] of steps.entries()) {
    const result = await change(step);
    stdout += result.stdout;
    if (result.status !== 0)
      return { ...result, stdout, stderr: `${result.stderr}klee: step ${index + 1}\n` };
  }
  return { status: 0, stdout, stderr: '' };
}
