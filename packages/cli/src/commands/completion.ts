import { defineCommand } from '../command-line/definition.ts';
import type { Command } from '../command-line/definition.ts';
import { UsageError } from '../command-line/exit-status.ts';

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_klee() {
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(klee __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _klee klee`,
  zsh: `#compdef klee
_klee() {
  local -a found
  found=("\${(@f)$(klee __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -- $found
}
compdef _klee klee`,
  fish: `function __klee_complete
  set -l words (commandline -opc) (commandline -ct)
  klee __complete -- $words[2..-1] 2>/dev/null
end
complete -c klee -f -a '(__klee_complete)'`,
};

export const command: Command = defineCommand({
  describe: 'Print the completion script for a shell',
  arguments: { shell: { count: 'one', name: 'bash|zsh|fish' } },
  options: {},
  examples: [
    ['completion bash > /etc/bash_completion.d/klee', 'for every user of bash'],
    ['completion fish > ~/.config/fish/completions/klee.fish', 'for yourself'],
  ],
  async run({ output }, { shell }) {
    const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
    if (script === undefined)
      throw new UsageError(
        `there is no completion for ${JSON.stringify(shell)}`,
        'use bash, zsh or fish',
      );
    output.print(script);
  },
});
