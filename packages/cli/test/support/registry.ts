/** An npm registry on the loopback interface, with packages that a test writes. */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface Registry {
  readonly url: string;
  /** What was asked for, in order. */
  readonly asked: readonly string[];
  close(): void;
}

interface Packed {
  readonly manifest: { readonly name: string; readonly version: string };
  readonly data: Buffer;
}

/** Packs a folder as npm does, into another one. */
export function pack(folder: string, into: string): string {
  const argv = ['pack', folder, '--ignore-scripts', '--json', `--pack-destination=${into}`];
  const [made] = JSON.parse(
    execFileSync('npm', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  ) as [{ filename: string }];
  return join(into, made.filename);
}

/** Serves folders as packages. */
export function serve(folders: readonly string[], work: string): Promise<Registry> {
  return serveTarballs(
    folders.map((folder) => ({ folder, path: pack(folder, mkdtempSync(join(work, 'packed-'))) })),
  );
}

/** Serves tarballs, each with the folder that its manifest is in. */
export async function serveTarballs(
  tarballs: readonly { readonly folder: string; readonly path: string }[],
): Promise<Registry> {
  const packed = tarballs.map(({ folder, path }): Packed => {
    const text = readFileSync(join(folder, 'package.json'), 'utf8');
    return { manifest: JSON.parse(text), data: readFileSync(path) };
  });
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1);
    asked.push(path);
    const tarball = packed.find((one) => path === tarballOf(one));
    if (tarball !== undefined) return response.end(tarball.data);
    const versions = packed.filter(({ manifest }) => manifest.name === path);
    if (versions.length === 0) return response.writeHead(404).end('{"error":"Not found"}');
    return response.end(JSON.stringify(describe(versions, url())));
  });
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: url(), asked, close: () => void server.close() };
}

function tarballOf({ manifest: { name, version } }: Packed): string {
  return `tarballs/${name}-${version}.tgz`;
}

function describe(versions: readonly Packed[], url: string): object {
  return {
    name: versions[0]?.manifest.name,
    'dist-tags': { latest: versions.at(-1)?.manifest.version },
    versions: Object.fromEntries(
      versions.map((one) => [
        one.manifest.version,
        {
          ...one.manifest,
          dist: {
            tarball: url + tarballOf(one),
            integrity: `sha512-${createHash('sha512').update(one.data).digest('base64')}`,
          },
        },
      ]),
    ),
  };
}
