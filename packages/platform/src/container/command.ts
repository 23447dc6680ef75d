/** The command of a container, and its environment. Pure. */
import type { Container } from '@kleenet/core';

/** The command of a container; an image's default is its shell. */
export function containerCommand({ command }: Container): readonly string[] {
  return command.length > 0 ? command : ['/bin/sh'];
}

/** The default PATH of a container. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface EnvironmentRequest {
  readonly container: Pick<Container, 'name'>;
  /** `KEY=VALUE` each. */
  readonly env: readonly string[];
  readonly home: string;
  readonly terminal: boolean;
}

/** The complete environment of a command, as `KEY=VALUE` each: given values override the defaults. */
export function environment(request: EnvironmentRequest): readonly string[] {
  const defaults = [
    `PATH=${DEFAULT_PATH}`,
    `HOME=${request.home}`,
    `HOSTNAME=${request.container.name}`,
    ...(request.terminal ? ['TERM=xterm'] : []),
  ];
  const given = new Set(request.env.map(variableName));
  return [...defaults.filter((entry) => !given.has(variableName(entry))), ...request.env];
}

/** The name in `KEY=VALUE`. */
export function variableName(entry: string): string {
  return entry.split('=', 1)[0] ?? '';
}
