import { runConformance } from '../src/index.ts';
import { ipnet } from '../../driver-ipnet/src/driver.ts';
import ipnetPlugin from '../../driver-ipnet/src/index.ts';
import { vnet } from '../../driver-vnet/src/driver.ts';
for (const [d, o] of [[ipnet, { plugin: ipnetPlugin }], [vnet, {}]] as const) {
  const t = performance.now();
  const r = await runConformance(d, o);
  console.log(d.name, r.passed.length, 'passed', Math.round(performance.now() - t), 'ms');
  console.log(r.failed.map((f) => `${f.name}: ${(f.error as Error).message}`).join('\n'));
  console.log(r.skipped);
}
