/** Downloads a file to disk, and resumes an interrupted download. */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import {
  brokenOff,
  interrupted,
  refusedBy,
  tooLong,
  unreachable,
  unwritable,
  wrongChecksum,
} from './failures.ts';
import type { Beginning, PartialFile } from './partial-file.ts';
import type { Progress } from './progress.ts';

export interface DownloadRequest {
  readonly url: URL;
  readonly partial: PartialFile;
  /** In lower case. Not checked when absent. */
  readonly sha256: string | undefined;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** The server's bytes, and their position in the file. */
interface Answer {
  readonly body: AsyncIterable<Uint8Array>;
  readonly start: number;
  /** The size of the whole file, if the server reports it. */
  readonly total: number | undefined;
  readonly validator: string | undefined;
}

/**
 * Completes the partial file. After a failure it is kept if a retry can resume it. A partial file must have only one
 * writer.
 * @throws KleenetError IMAGE_FETCH_FAILED, CHECKSUM_MISMATCH, DISK_FULL, INTERRUPTED
 */
export async function download(request: DownloadRequest): Promise<void> {
  const { partial, progress, signal } = request;
  try {
    signal.throwIfAborted();
    await receive(request, await ask(request, await partial.beginning()));
  } catch (error) {
    throw signal.aborted ? interrupted(signal) : unwritable(partial.path, error);
  } finally {
    progress.stop();
  }
}

async function ask(request: DownloadRequest, beginning: Beginning | undefined): Promise<Answer> {
  const response = await send(request, beginning);
  const { status, statusText, headers, body } = response;
  const range = headers.get('content-range') ?? '';
  if (beginning !== undefined) {
    const { size, validator } = beginning;
    // RFC 9110, 14.4 and 15.5.17: the partial file is already complete.
    const whole = status === 416 && range === `bytes */${size}`;
    if (status === 206 && range.startsWith(`bytes ${size}-`) && isPlain(headers))
      return { body: body ?? nothing(), start: size, total: totalOf(range), validator };
    if (status === 206 || status === 416) await body?.cancel();
    if (whole) return { body: nothing(), start: size, total: size, validator };
    if (status === 206 || status === 416) return ask(request, undefined);
  }
  if (status !== 200) {
    await body?.cancel();
    throw refusedBy(request.url, status, statusText);
  }
  const length = isPlain(headers) ? headers.get('content-length') : null;
  return {
    body: body ?? nothing(),
    start: 0,
    total: length === null ? undefined : Number(length),
    validator: isPlain(headers) ? validatorOf(headers) : undefined,
  };
}

async function send(
  { url, signal }: DownloadRequest,
  beginning: Beginning | undefined,
): Promise<Response> {
  const headers = { 'accept-encoding': 'identity' };
  const resume =
    beginning === undefined
      ? {}
      : { range: `bytes=${beginning.size}-`, 'if-range': beginning.validator };
  try {
    return await fetch(url, { headers: { ...headers, ...resume }, signal });
  } catch (error) {
    throw unreachable(url, error);
  }
}

/** `fetch` decodes encoded content, and then neither length nor position match the file. */
function isPlain(headers: Headers): boolean {
  return (headers.get('content-encoding') ?? 'identity') === 'identity';
}

/** RFC 9110, 13.1.5: a weak entity tag is not valid for If-Range. */
function validatorOf(headers: Headers): string | undefined {
  const tag = headers.get('etag');
  if (tag?.startsWith('"') === true) return tag;
  return headers.get('last-modified') ?? undefined;
}

function totalOf(range: string): number | undefined {
  const [, total] = /\/(\d+)$/.exec(range) ?? [];
  return total === undefined ? undefined : Number(total);
}

async function receive(request: DownloadRequest, answer: Answer): Promise<void> {
  const { partial, url, progress, sha256, signal } = request;
  const { start, total, validator } = answer;
  const hash = createHash('sha256');
  if (start > 0 && sha256 !== undefined) await partial.hashInto(hash, signal);
  const file = start > 0 ? await partial.resume() : await partial.restart(validator);
  let received: number;
  try {
    progress.start(start, total);
    received = await write(request, answer, file, hash);
  } finally {
    await file.close();
  }
  if (total !== undefined && received < total) throw brokenOff(url, received);
  await check(request, received, total, hash);
}

/** Returns the size of the file. */
async function write(
  { url, progress }: DownloadRequest,
  { body, start }: Answer,
  file: FileHandle,
  hash: Hash,
): Promise<number> {
  let received = start;
  for await (const chunk of readable(body, (error) => brokenOff(url, received, error))) {
    await file.appendFile(chunk);
    hash.update(chunk);
    received += chunk.length;
    progress.update(received);
  }
  return received;
}

/** Distinguishes a read failure from a write failure. */
async function* readable(
  body: AsyncIterable<Uint8Array>,
  failure: (error: unknown) => Error,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    throw failure(error);
  }
}

async function check(
  { url, partial, sha256 }: DownloadRequest,
  received: number,
  total: number | undefined,
  hash: Hash,
): Promise<void> {
  if (total !== undefined && received > total) {
    await partial.remove();
    throw tooLong(url, received, total);
  }
  const actual = hash.digest('hex');
  if (sha256 === undefined || actual === sha256) return;
  await partial.remove();
  throw wrongChecksum(url, sha256, actual);
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}
