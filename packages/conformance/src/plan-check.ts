import { deepEqual, ok } from 'node:assert/strict';
import type { AttachTarget, DataPlane } from '@kleenet/core/driver';

/** `plan` is pure, and returns resources that can be written as JSON. */
export function checkPlan(plane: DataPlane, target: AttachTarget): void {
  const given = structuredClone(target);
  const planned = plane.plan(given);
  deepEqual(given, target, 'plan changes its input');
  deepEqual(plane.plan(structuredClone(target)), planned, 'plan gives two answers');
  deepEqual(JSON.parse(JSON.stringify(planned)), planned, 'plan answers with no JSON value');
  for (const { kind, name } of planned)
    ok(kind !== '' && name !== '', 'a resource has no kind or no name');
}
