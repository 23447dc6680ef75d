/** What can be left out of the confinement of a container. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { entriesOf } from '../src/rules/confinement/entries.ts';
import type { Config } from '../src/rules/confinement/entries.ts';

const CONFIG: Config = {
  root: { path: '/nowhere' },
  process: {
    args: ['true'],
    capabilities: { bounding: ['CAP_KILL'], effective: ['CAP_KILL'], permitted: ['CAP_KILL'] },
    noNewPrivileges: true,
  },
  mounts: [{ destination: '/proc', type: 'proc', options: ['nosuid', 'ro'] }],
  linux: {
    namespaces: [{ type: 'pid' }],
    cgroupsPath: '/x',
    resources: { devices: [{ allow: false }] },
    sysctl: { 'net.ipv4.ping_group_range': '0 1' },
    maskedPaths: ['/proc/kcore'],
    readonlyPaths: ['/proc/sys'],
    seccomp: {
      architectures: ['SCMP_ARCH_X86'],
      syscalls: [
        { names: ['mount', 'umount'] },
        { names: ['clone'], args: [{ index: 0, value: 64, op: 'SCMP_CMP_EQ' }] },
      ],
    },
  },
};

/** The configuration without an entry. */
function without(name: string): Config {
  const config = structuredClone(CONFIG);
  const entry = entriesOf(CONFIG).find((one) => one.name === name);
  assert.ok(entry !== undefined, name);
  entry.without(config);
  return config;
}

test('each entry is left out alone', () => {
  const names = entriesOf(CONFIG).map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.notDeepEqual(without(name), CONFIG, name);
  assert.deepEqual(without('the capability CAP_KILL').process.capabilities.permitted, []);
  assert.ok(
    without('the lack of the capability CAP_SYS_ADMIN').process.capabilities.bounding.includes(
      'CAP_SYS_ADMIN',
    ),
  );
  assert.deepEqual(without('the system call mount').linux.seccomp?.syscalls[0]?.names, ['umount']);
  assert.equal(without('the system call clone SCMP_CMP_EQ 64').linux.seccomp?.syscalls.length, 1);
  assert.deepEqual(without('the option ro of /proc').mounts[0]?.options, ['nosuid']);
  assert.deepEqual(without('the masked path /proc/kcore').linux.maskedPaths, []);
  assert.equal(without('no new privileges').process.noNewPrivileges, undefined);
});

test.run();
