/** The errors of commands in containers. Pure. */
import { KleenetError } from '@kleenet/core/errors';

/** For scripts that refuse the content of a container's files. */
export const OWN_FILES = {
  code: 'PLATFORM_COMMAND_FAILED',
  hint: 'klee does not follow symbolic links in a container: create it again to give it a new file system',
} as const;

type Details = Readonly<Record<string, unknown>>;

export function containerGone(details: Details): KleenetError {
  return new KleenetError('CONTAINER_NOT_RUNNING', 'the container is not running any more', {
    details,
  });
}

export function commandNotFound(program: string, details: Details): KleenetError {
  return new KleenetError('COMMAND_NOT_FOUND', `the container has no command '${program}'`, {
    hint: 'give a path, or a name that is in the PATH of the container',
    details,
  });
}

export function commandNotExecutable(program: string, details: Details): KleenetError {
  return new KleenetError(
    'COMMAND_NOT_EXECUTABLE',
    `the command '${program}' of the container cannot be executed`,
    { details },
  );
}
