import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import type { Context, OpenEngine } from '../../context.ts';
import { withoutQuery } from '../../download/failures.ts';
import { PartialFile } from '../../download/partial-file.ts';

export const command: Command = defineCommand({
  describe: 'Download a tar archive, create an image from it, and print its id',
  arguments: { name: { count: 'one', name: 'NAME' }, url: { count: 'one', name: 'URL' } },
  options: {
    sha256: { type: 'text', describe: 'expected checksum of the archive, as 64 hex digits' },
  },
  examples: [
    [
      'image fetch FreeBSD-13.2-RELEASE https://download.freebsd.org/releases/amd64/13.2-RELEASE/base.txz',
      'an archive, with any compression that tar supports',
    ],
    [
      'image fetch --sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 mine https://example.org/rootfs.tar.zst',
      'refused unless the checksum matches',
    ],
  ],
  notes: 'An interrupted download resumes when the same command is run again.',
  async run(context, { name, url: text }, options) {
    const url = parseUrl(text);
    const sha256 = options.sha256 === undefined ? undefined : parseChecksum(options.sha256);
    const opened = await context.open();
    const checked = await opened.core.requireImageName(opened.engine, name);
    const target = { name: checked, url, sha256 };
    if (context.globals.dryRun === true) return context.output.print(planOf(target));
    context.created(await fetchImage(context, opened, target));
  },
});

interface Target {
  readonly name: string;
  readonly url: URL;
  readonly sha256: string | undefined;
}

/** Returns the id of the new image. */
async function fetchImage(
  context: Context,
  { core, engine, root }: OpenEngine,
  { name, url, sha256 }: Target,
): Promise<string> {
  const { download } = await import('../../download/download.ts');
  const key = createHash('sha256').update(url.href).digest('hex').slice(0, 32);
  const { purpose, patience, signal } = engine;
  const lock = await engine.locks.acquire(
    { key: `download-${key}`, mode: 'exclusive', purpose, patience },
    signal,
  );
  try {
    const partial = new PartialFile(join(root, 'downloads', `${key}.part`));
    await download({ url, partial, sha256, signal, progress: await context.progress() });
    try {
      const origin = withoutQuery(url);
      const image = await core.importImage(engine, { name, source: partial.path, origin });
      await partial.remove();
      return image.id;
    } catch (error) {
      // A retry would download the same bytes.
      if (hasCode(error, 'IMAGE_INVALID')) await partial.remove();
      throw hasCode(error, 'IMAGE_INVALID') ? notAnArchive(url, error) : error;
    }
  } finally {
    lock.release();
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw invalid(`'${text}' is not a URL`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw invalid(`klee does not download from ${url.protocol} URLs`);
  if (url.username !== '' || url.password !== '')
    throw invalid('a URL with a user name or password is not supported');
  url.hash = '';
  return url;
}

function invalid(message: string): KleenetError {
  return new KleenetError('INVALID_ARGUMENT', message, {
    hint: 'give a URL that begins with https:// or http://; for a file, use klee image import',
    details: { issues: [`url: ${message}`] },
  });
}

function parseChecksum(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  const message = `'${text}' is not a SHA-256 checksum`;
  throw new KleenetError('INVALID_ARGUMENT', message, {
    hint: 'give 64 hexadecimal digits, as sha256sum prints them',
    details: { issues: [`sha256: ${message}`] },
  });
}

function notAnArchive(url: URL, cause: KleenetError): KleenetError {
  const message = `cannot make an image from ${withoutQuery(url)}: it is not a readable tar archive`;
  return new KleenetError('IMAGE_INVALID', message, {
    hint: 'check that the URL is that of the archive itself, not of a page about it',
    details: { url: withoutQuery(url) },
    cause,
  });
}

function planOf({ name, url, sha256 }: Target): string {
  const checksum = sha256 === undefined ? '' : `, check that its SHA-256 is ${sha256}`;
  return `download ${withoutQuery(url)}${checksum}, and import it as the image '${name}'`;
}
