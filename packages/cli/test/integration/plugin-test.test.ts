/** `klee plugin test` on a real Linux host: a driver that works, as an ordinary user, and one that is gutted, as root. */
import { deepEqual, match, ok } from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import type { DriverReport } from '@kleenet/conformance';
import { trustedFolder, writePlugin } from '../../../host/test/support/plugins.ts';
import { KLEE } from '../support/klee.ts';
import { TOP } from '../support/markdown.ts';

const test = suite('klee plugin test on Linux');

const NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] as const;

const GUTTED = `
  detach: async () => {},
  observe: async (targets) => targets.map(({ endpoint }) => ({ endpointId: endpoint.id, problems: [] })),
`;

/** vnet by another name, with IPv4 alone, and with other methods. */
function codeWith(methods: string): string {
  return `
import { vnet } from '${join(TOP, 'packages/driver-vnet/dist/index.js')}';

const linux = async (dependencies) => {
  const plane = await vnet.dataPlanes.linux(dependencies);
  return {
    status: () => plane.status(),
    plan: (target) => plane.plan(target),
    attach: (target, host) => plane.attach(target, host),
    detach: (target, host) => plane.detach(target, host),
    observe: (targets) => plane.observe(targets),
    ${methods}
  };
};

export default {
  name: 'kleenet-driver-lab',
  apiVersion: 1,
  register(registrar) {
    registrar.register({
      ...vnet,
      name: 'lab',
      capabilities: Object.freeze({ ...vnet.capabilities, families: Object.freeze(['ipv4']) }),
      dataPlanes: Object.freeze({ linux }),
    });
  },
};
`;
}

interface Tested {
  readonly status: number | null;
  readonly report: DriverReport;
}

function tested(methods: string, as: readonly string[]): Tested {
  // Root takes no plugin from where others may write, and others cannot read what is root's.
  const folder = as.length > 0 ? mkdtempSync('/tmp/klee-plugin-test-') : trustedFolder();
  try {
    writePlugin(join(folder, 'lab'), {
      manifest: { peerDependencies: { '@kleenet/core': '0.x' } },
      kleenet: {
        drivers: [{ name: 'lab', description: 'Of the laboratory.', platforms: ['linux'] }],
      },
      code: codeWith(methods),
    });
    if (as.length > 0) execFileSync('chown', ['-R', '65534:65534', folder]);
    const words = [...as, KLEE, 'plugin', 'test', './lab', '--format', 'json'];
    const { status, stdout, stderr } = spawnSync('env', words, {
      cwd: folder,
      env: { ...process.env, HOME: folder, KLEE_ROOT: join(folder, 'state') },
      encoding: 'utf8',
    });
    if (stdout === '') throw new Error(`it exited ${status}: ${stderr}`);
    return { status, report: JSON.parse(stdout) as DriverReport };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const [who, as, title] of [
  ['root', [], / as root$/],
  ['an ordinary user', NOBODY, / without root$/],
] as const) {
  test(`a driver that works is proved on Linux by ${who}`, () => {
    const { status, report } = tested('', as);
    deepEqual(
      report.cases.filter(({ result }) => result === 'failed'),
      [],
    );
    deepEqual([status, report.verdict], [0, 'proved']);
    const [linux] = report.platforms;
    deepEqual([report.platforms.length, linux?.verdict], [1, 'proved']);
    match(linux?.host ?? '', title);
    const there = report.cases.filter(
      ({ name, result }) => name.endsWith('(linux)') && result === 'passed',
    );
    ok(there.length > 30, `${there.length} cases passed on Linux`);
  });
}

test('a driver whose detach and observe do nothing breaks the contract on Linux, and exits 1', () => {
  const { status, report } = tested(GUTTED, []);
  deepEqual([status, report.verdict, report.platforms[0]?.verdict], [1, 'broken', 'broken']);
  const failed = report.cases.filter(({ result }) => result === 'failed').map(({ name }) => name);
  ok(failed.includes('detach leaves the host as it was before attach (linux)'));
  ok(
    failed.includes(
      'observe finds what is missing: never attached, detached, or removed behind its back (linux)',
    ),
  );
});

test.run();
