import { deepEqual, ok } from 'node:assert/strict';
import { missingDetails, resourceName } from '@kleenet/core';
import type { AttachTarget, DataPlane, Resource } from '@kleenet/core/driver';

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

/** When the driver is gone, core removes what was claimed by what is known of its kind. Other kinds are the driver's own. */
export function checkClaims(claims: readonly Resource[]): void {
  const lacking = claims.flatMap((claim) =>
    missingDetails(claim).map((detail) => `${resourceName(claim)} has no ${detail}`),
  );
  deepEqual(lacking, [], 'it cannot be removed without the driver');
}
