/** A host of the test's own process, for klee in a process that can be killed: commands go through a socket. */
import { createConnection, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Argv, CommandOptions, CommandResult, CommandRunner } from '@kleenet/core';
import { KleenetError, isKleenetError } from '@kleenet/core/errors';
import type { ErrorCode } from '@kleenet/core/errors';

interface Question {
  readonly method: 'read' | 'change';
  readonly argv: Argv;
  readonly options: Pick<CommandOptions, 'input' | 'accept' | 'steps'>;
}

type Reply =
  | { readonly result: CommandResult }
  | {
      readonly code: ErrorCode;
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>>;
      readonly hint?: string;
    };

export interface HostServer {
  /** Where it is asked. */
  readonly path: string;
  close(): void;
}

/** Lets others run commands; each of them is a process with commands of its own. */
export async function serveHost(path: string, open: () => CommandRunner): Promise<HostServer> {
  const server = createServer((socket) => {
    const commands = open();
    // Whoever asked may have been killed.
    socket.on('error', () => socket.destroy());
    void serve(socket, commands);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { path, close: () => void server.close() };
}

/** One after the other, so that the replies come in the order of the questions. */
async function serve(socket: Socket, commands: CommandRunner): Promise<void> {
  for await (const line of createInterface({ input: socket })) {
    const answer = await reply(commands, JSON.parse(line) as Question);
    if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`);
  }
}

async function reply(commands: CommandRunner, { method, argv, options }: Question): Promise<Reply> {
  try {
    return { result: await commands[method](argv, options) };
  } catch (error) {
    if (!isKleenetError(error)) throw error;
    const { code, message, details, hint } = error;
    return { code, message, details, ...(hint === undefined ? {} : { hint }) };
  }
}

/** Runs commands where such a server says. */
export function remoteCommands(path: string): CommandRunner {
  const waiting: ((reply: Reply) => void)[] = [];
  let socket: Socket | undefined;
  const connection = (): Socket => {
    if (socket !== undefined) return socket;
    socket = createConnection(path);
    createInterface({ input: socket }).on('line', (line) =>
      waiting.shift()?.(JSON.parse(line) as Reply),
    );
    return socket;
  };
  const ask =
    (method: Question['method']) =>
    async (argv: Argv, { input, accept, steps }: CommandOptions = {}): Promise<CommandResult> => {
      const question: Question = {
        method,
        argv,
        options: {
          ...(input === undefined ? {} : { input }),
          ...(accept === undefined ? {} : { accept }),
          ...(steps === undefined ? {} : { steps }),
        },
      };
      const answer = await new Promise<Reply>((resolve) => {
        waiting.push(resolve);
        connection().write(`${JSON.stringify(question)}\n`);
      });
      if ('result' in answer) return answer.result;
      const { code, message, ...rest } = answer;
      throw new KleenetError(code, message, rest);
    };
  return {
    read: ask('read'),
    change: ask('change'),
    foreground: () => {
      throw new TypeError('no terminal leads through the socket');
    },
  };
}
