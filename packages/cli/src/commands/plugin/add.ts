import { join } from 'node:path';
import { KleenetError } from '@kleenet/core/errors';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import type { Context } from '../../context.ts';
import { FAILED } from '../../command-line/exit-status.ts';
import type { Candidate } from '@kleenet/host/installer';
import { describeCandidate } from '../../render/plugin-candidate.ts';

export const command: Command = defineCommand({
  describe: 'Add a plugin, or another version of it, and print its name',
  arguments: { package: { count: 'one', name: 'PACKAGE|DIRECTORY|TARBALL' } },
  options: {
    link: {
      type: 'flag',
      describe: 'use it from DIRECTORY, without a copy, while it is developed',
    },
    yes: { type: 'flag', alias: 'y', describe: 'do not ask' },
  },
  examples: [
    ['plugin add kleenet-driver-macvlan', 'from the npm registry'],
    ['plugin add --yes @acme/kleenet-driver-mesh@2.1.0', 'this version, without being asked'],
    ['plugin add ./kleenet-driver-mesh-2.1.0.tgz', 'from a tarball'],
    ['plugin add --link .', 'the plugin in this directory, as it is after each build'],
  ],
  notes:
    'npm installs it, into the plugin directory of the system for root, and into that of the user for others. No script ' +
    'of the package runs. Its code runs when one of its drivers is used, with all that klee itself may do. --link is ' +
    'less safe: a user who can change anything in DIRECTORY runs code as the user who runs klee. A directory that others ' +
    'can write is refused.',
  async run(context, args, { link, yes }) {
    const { parseLinked, parseSpec } = await import('@kleenet/host/installer');
    const [installer, catalog] = [await context.installer(), await context.plugins()];
    let isAdded = false;
    const decide = async (candidate: Candidate): Promise<void> => {
      describeCandidate(candidate).forEach((line) => context.output.note(line));
      if (yes !== true && !(await isWanted((question) => context.ask(question), candidate))) return;
      candidate.activate();
      context.output.print(candidate.plugin.name);
      isAdded = true;
    };
    const isDry = context.globals.dryRun === true;
    if (link === true) {
      const directory = parseLinked(args.package, context.directory());
      if (isDry) return showLink(context, installer.linkable(directory, catalog));
      await installer.link(directory, catalog, decide);
    } else {
      const spec = parseSpec(args.package, context.directory());
      if (isDry) return context.output.print(installer.describe(spec));
      await installer.add(spec, catalog, decide);
    }
    return isAdded ? undefined : FAILED;
  },
});

function showLink({ output }: Context, { directory, linkedTo, plugin }: Candidate): void {
  output.print(`link ${join(directory, plugin.name)} to ${linkedTo}`);
}

/** Without an answer, a plugin is not added: its code runs with klee's privileges. */
async function isWanted(
  ask: (question: string) => Promise<boolean | undefined>,
  { directory, replaces }: Candidate,
): Promise<boolean> {
  const answer = await ask(
    replaces === undefined
      ? `Add it to ${directory}?`
      : `Put it in place of version ${replaces} in ${directory}?`,
  );
  if (answer !== undefined) return answer;
  throw new KleenetError('INVALID_ARGUMENT', 'there is no terminal to ask whether to add it', {
    hint: 'if you trust it, run the command again with --yes',
  });
}
