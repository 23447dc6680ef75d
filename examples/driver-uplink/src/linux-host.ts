/** ip(8) and sysctl(8) on the host, and in the network namespaces of containers. */
import type { Argv, CommandRunner, Family } from '@kleenet/core/driver';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import { isGone, parseIp } from '@kleenet/core/linux';
import type { IpObject } from '@kleenet/core/linux';

/** Where a command works: in a namespace by name, or on the host; on one family, or both. */
export interface Place {
  readonly netns?: string;
  readonly family?: Family;
  readonly signal?: AbortSignal | undefined;
}

export class LinuxHost {
  readonly #commands: CommandRunner;

  constructor(commands: CommandRunner) {
    this.#commands = commands;
  }

  /** The interfaces, routes and neighbours that ip(8) shows; see `json`. */
  async show(line: string, place: Place = {}): Promise<readonly IpObject[]> {
    return parseIp(await this.#read(line, place));
  }

  /** Whatever ip(8) shows, in JSON; nothing of what is not there, such as an interface or a namespace. */
  async json(line: string, place: Place = {}): Promise<readonly unknown[]> {
    return JSON.parse((await this.#read(line, place)) || '[]') as readonly unknown[];
  }

  async #read(line: string, place: Place): Promise<string> {
    const argv: Argv = ['ip', ...within(place), '-details', '-json', ...line.split(' ')];
    const options = { accept: 'any', ...raised(place) } as const;
    const { status, stdout, stderr } = await this.#commands.read(argv, options);
    if (status === 0) return stdout;
    if (isGone(stderr)) return '';
    throw new KleenetError(
      'PLATFORM_COMMAND_FAILED',
      `command failed: ${argv.join(' ')}: ${stderr.trim()}`,
      { details: { argv, status, stderr } },
    );
  }

  /** Changes the host, in one process. */
  async batch(lines: readonly string[], place: Place): Promise<void> {
    if (lines.length === 0) return;
    const input = lines.map((line) => `${line}\n`).join('');
    await this.#commands.change(['ip', ...within(place), '-batch', '-'], {
      input,
      ...raised(place),
    });
  }

  /** Takes something away. What is not there, or goes meanwhile, is as good as removed. */
  async remove(line: string, place: Place): Promise<void> {
    const argv: Argv = ['ip', ...within(place), ...line.split(' ')];
    try {
      await this.#commands.change(argv, raised(place));
    } catch (error) {
      if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) throw error;
      if (!isGone(String(error.details['stderr']))) throw error;
    }
  }

  /** Sets kernel settings, as `NAME=VALUE`. A kernel without IPv6 has none of that. */
  async set(settings: readonly string[], place: Place): Promise<void> {
    await this.#commands.change(sysctl(place, '-q', '-e', '-w', ...settings), raised(place));
  }

  /** Which of these are as they should be. */
  async holds(settings: readonly string[], place: Place = {}): Promise<readonly string[]> {
    const names = settings.map((setting) => setting.slice(0, setting.indexOf('=')));
    const argv = sysctl(place, '-e', ...names);
    const { stdout } = await this.#commands.read(argv, { accept: 'any' });
    const found = stdout.split('\n').map((line) => line.replace(' = ', '='));
    return settings.filter((setting) => found.includes(setting));
  }

  /** The values of those of the host's settings that there are. */
  async settings(
    names: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<readonly string[]> {
    const argv = sysctl({}, '-e', '-n', ...names);
    const { stdout } = await this.#commands.read(argv, { accept: 'any', ...raised({ signal }) });
    return stdout.split('\n').filter((line) => line !== '');
  }
}

function within({ netns, family }: Place): readonly string[] {
  return [
    ...(netns === undefined ? [] : ['-netns', netns]),
    ...(family === undefined ? [] : [family === 'ipv4' ? '-4' : '-6']),
  ];
}

function raised({ signal }: Pick<Place, 'signal'>): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function sysctl({ netns }: Place, ...words: readonly string[]): Argv {
  return netns === undefined
    ? ['sysctl', ...words]
    : ['ip', 'netns', 'exec', netns, 'sysctl', ...words];
}
