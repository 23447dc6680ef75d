/** klee image fetch, from a server in this process. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import type { ImageView } from '../src/render/views.ts';
import { World, finished, spawnKlee } from './support/klee.ts';
import type { Finished } from './support/klee.ts';

const ARCHIVE = gzipSync(randomBytes(600_000));
const SHA256 = createHash('sha256').update(ARCHIVE).digest('hex');
const ETAG = '"version-1"';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface Bench {
  world: World;
  /** Answers a request; set by each test. */
  handler: Handler;
  requests: IncomingMessage[];
  url: string;
  close: () => void;
}

const test = suite<Bench>('image fetch');

test.before.each(async (bench) => {
  bench.world = new World();
  bench.requests = [];
  bench.handler = serve();
  const server = createServer((request, response) => {
    bench.requests.push(request);
    bench.handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  bench.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base.tgz`;
  bench.close = () => {
    server.closeAllConnections();
    server.close();
  };
});

test.after.each(({ world, close }) => {
  close();
  world.remove();
});

/** Serves the archive, whole or from where the request says; breaks off after `limit` bytes. */
function serve({ limit = Infinity, etag = ETAG } = {}): Handler {
  return ({ headers }, response) => {
    const [, from = '0'] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
    const start = headers['if-range'] === etag ? Number(from) : 0;
    const size = ARCHIVE.length;
    response.writeHead(start > 0 ? 206 : 200, {
      etag,
      'content-length': size - start,
      ...(start > 0 ? { 'content-range': `bytes ${start}-${size - 1}/${size}` } : {}),
    });
    if (limit === Infinity) response.end(ARCHIVE.subarray(start));
    else response.write(ARCHIVE.subarray(start, start + limit), () => later(response));
  };
}

/** Gives the client the time to read what was sent. */
function later(response: ServerResponse): void {
  setTimeout(() => response.destroy(), 200);
}

function fetchImage({ world, url }: Bench, ...words: string[]): Promise<Finished> {
  return finished(spawnKlee(['image', 'fetch', 'base', url, ...words], world.environment));
}

async function images({ world }: Bench): Promise<string[]> {
  const out = await world.ok(['image', 'ls', '--format', '{{name}}']);
  return out.split('\n').filter((name) => name !== 'host');
}

function downloads({ world }: Bench): string[] {
  const folder = join(world.root, 'state/downloads');
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

test('prints the id, and nothing else without a terminal', async (bench) => {
  const { status, stdout, stderr } = await fetchImage(bench, '--sha256', SHA256.toUpperCase());
  deepEqual([status, stderr], [0, '']);
  match(stdout, /^[0-9a-f]{12}\n$/);
  deepEqual(await images(bench), ['base']);
  deepEqual(downloads(bench), []);
  const { image } = await bench.world.json<{ image: ImageView }>('image inspect base');
  equal(image.source, bench.url);
});

test('goes on where the server broke off', async (bench) => {
  bench.handler = serve({ limit: 200_000 });
  const broken = await fetchImage(bench, '--sha256', SHA256);
  equal(broken.status, 1);
  match(broken.stderr, /^error: cannot download .*broke off after 200000 bytes.*\nhint: run it/);
  deepEqual(
    downloads(bench).map((path) => statSync(path).mode & 0o777),
    [0o600, 0o600],
  );
  bench.handler = serve();
  const resumed = await fetchImage(bench, '--sha256', SHA256);
  deepEqual([resumed.status, resumed.stderr], [0, '']);
  equal(bench.requests[1]?.headers.range, 'bytes=200000-');
  deepEqual(downloads(bench), []);
});

for (const [name, handler] of [
  ['the file has changed meanwhile', serve({ etag: '"version-2"' })],
  ['the server ignores ranges', (_request, response) => void response.end(ARCHIVE)],
] satisfies [string, Handler][]) {
  test(`starts anew when ${name}`, async (bench) => {
    bench.handler = serve({ limit: 1000 });
    equal((await fetchImage(bench)).status, 1);
    bench.handler = handler;
    const { status, stderr } = await fetchImage(bench, '--sha256', SHA256);
    deepEqual([status, stderr], [0, '']);
  });
}

test('an interruption keeps what is there, and a retry uses it', async (bench) => {
  bench.handler = (_request, response) => {
    response.writeHead(200, { etag: ETAG, 'content-length': ARCHIVE.length });
    response.write(ARCHIVE.subarray(0, 1000), () => setTimeout(() => child.kill('SIGINT'), 300));
  };
  const child = spawnKlee(['image', 'fetch', 'base', bench.url], bench.world.environment);
  const { status, stderr } = await finished(child);
  equal(status, 130, stderr);
  match(stderr, /^error: interrupted by SIGINT\nhint: run it again/);
  bench.handler = serve();
  equal((await fetchImage(bench, '--sha256', SHA256)).status, 0);
  equal(bench.requests[1]?.headers.range, 'bytes=1000-');
});

test('two at once do not disturb each other', async (bench) => {
  const { world, url } = bench;
  const both = ['one', 'two'].map((name) =>
    finished(
      spawnKlee(['image', 'fetch', name, url, '--sha256', SHA256], {
        ...world.environment,
      }),
    ),
  );
  deepEqual(
    (await Promise.all(both)).map(({ status, stderr }) => [status, stderr]),
    [
      [0, ''],
      [0, ''],
    ],
  );
  deepEqual((await images(bench)).toSorted(), ['one', 'two']);
});

test('a wrong checksum, then the right one', async (bench) => {
  const { status, stderr } = await fetchImage(bench, '--sha256', '0'.repeat(64), '--format=json');
  equal(status, 1);
  match(stderr, /"code":"CHECKSUM_MISMATCH"/);
  deepEqual([await images(bench), downloads(bench)], [[], []]);
  equal((await fetchImage(bench, '--sha256', SHA256)).status, 0);
});

test('a refusal of the server', async (bench) => {
  bench.handler = (_request, response) => void response.writeHead(404).end('no such page');
  const { status, stderr } = await fetchImage(bench);
  equal(status, 1);
  match(
    stderr,
    /^error: cannot download .*: the server answers 404 Not Found\nhint: check the URL/,
  );
  deepEqual(downloads(bench), []);
});

test('no server', async (bench) => {
  bench.close();
  const { status, stderr } = await fetchImage(bench);
  equal(status, 1);
  // The rest is as each runtime words it.
  match(stderr, /^error: cannot download .*: (connect )?ECONNREFUSED.*\nhint: check the URL/);
});

test('not an archive', async (bench) => {
  bench.handler = (_request, response) => void response.end('<html>');
  const { status, stderr } = await fetchImage(bench);
  equal(status, 1);
  match(stderr, /^error: cannot make an image from http:.*not a readable tar archive\nhint: /);
  deepEqual([await images(bench), downloads(bench)], [[], []]);
});

test('what can be refused or shown without a request', async (bench) => {
  const { world, url, requests } = bench;
  const refusals: [words: string[], message: RegExp][] = [
    [['host', url], /built-in image/],
    [['b/c', url], /name/],
    [['base', 'nonsense'], /'nonsense' is not a URL/],
    [['base', 'ftp://example.org/base.txz'], /does not download from ftp: URLs/],
    [['base', 'https://user:secret@example.org/'], /user name or password/],
    [['base', url, '--sha256', 'abc'], /'abc' is not a SHA-256 checksum/],
  ];
  for (const [words, message] of refusals) {
    const { status, stderr } = await world.klee(['image', 'fetch', ...words]);
    equal(status, 1);
    match(stderr, message);
  }
  const planned = await world.ok(['--dry-run', 'image', 'fetch', 'base', url]);
  equal(planned, `download ${url}, and import it as the image 'base'`);
  await world.ok(['image', 'import', 'base', world.root]);
  match((await world.klee(['image', 'fetch', 'base', url])).stderr, /'base' already exists/);
  equal(requests.length, 0);
});

test.run();
