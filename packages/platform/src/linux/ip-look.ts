/** Reading possibly missing objects with ip(8), and the results of changes. */
import type { CommandRunner } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { parseIp } from '@kleenet/core/linux';
import type { IpObject } from '@kleenet/core/linux';
import { batchText, inNamespace, isGone, parseFailures } from './ip.ts';
import type { IpBatch } from './ip.ts';

/**
 * The output of the lines, with one process. A missing device or namespace gives no output. With a device in a line,
 * ip(8) omits it from the answers.
 * @throws KleenetError PLATFORM_COMMAND_FAILED for any other reason
 */
export async function ipLook(
  commands: CommandRunner,
  { lines, netns, signal, shared = false, together = false }: IpBatch,
): Promise<readonly IpObject[]> {
  if (lines.length === 0) return [];
  const argv = ['ip', ...inNamespace(netns), '-force', '-j', '-d', '-batch', '-'] as const;
  const { status, stdout, stderr } = await commands.read(argv, {
    input: batchText(lines),
    accept: 'any',
    shared,
    together,
    ...(signal === undefined ? {} : { signal }),
  });
  const failed = status === 0 ? [] : parseFailures(stderr, lines).filter((one) => !isGone(one));
  const [first] = failed;
  if (first === undefined) return parseIp(stdout);
  throw new KleenetError(
    'PLATFORM_COMMAND_FAILED',
    `command failed: ip ${first.line}: ${first.message}`,
    { details: { argv, failed } },
  );
}

/** Makes changes like `ipBatch`, and returns the output of the showing lines among them; nothing in a dry run. */
export async function ipBatchShowing(
  commands: CommandRunner,
  { lines, netns, signal }: IpBatch,
): Promise<readonly IpObject[]> {
  const argv = ['ip', ...inNamespace(netns), '-j', '-d', '-batch', '-'] as const;
  const { stdout } = await commands.change(argv, {
    input: batchText(lines),
    ...(signal === undefined ? {} : { signal }),
  });
  return parseIp(stdout);
}
