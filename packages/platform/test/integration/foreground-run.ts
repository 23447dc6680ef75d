/** Runs a container's command in the foreground: DIRECTORY SPEC REAP… */
import type { SandboxSpec } from '@kleenet/core';
import { createWorld } from './host.ts';

const [directory = '', text = '', ...reap] = process.argv.slice(2);
const spec = JSON.parse(text) as SandboxSpec;
const { platform, operation } = createWorld(directory);
const [program = 'false', ...words] = reap;
const launch = {
  mode: 'foreground',
  stdin: spec.container.interactive,
  ...(process.stdin.isTTY ? { terminal: { rows: 24, columns: 80, input: true } } : {}),
  reap: [program, ...words],
} as const;
const { exited } = await platform.sandboxes.start(spec, launch, operation);
process.exitCode = (await exited) ?? 1;
