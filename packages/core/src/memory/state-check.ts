/** Whether a JSON value is the state of a simulated host; false for a damaged or foreign file. */
import type { SimulatedState } from './state.ts';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number';

const STATE: Readonly<Record<keyof SimulatedState, Check>> = {
  hostId: isText,
  bootId: isText,
  interfaces: recordOf(
    shape({
      name: isText,
      kind: isText,
      sandbox: isText,
      owner: isText,
      bridge: isText,
      mac: isText,
      mtu: isNumber,
      addresses: listOf(isText),
    }),
  ),
  sandboxes: recordOf(
    shape({
      runId: isText,
      stack: isText,
      state: isText,
      addresses: listOf(isText),
      defaultRoutes: recordOf(isText),
    }),
  ),
  firewall: isText,
  flows: optional(
    listOf(shape({ from: isText, to: isText, port: optional(isNumber), at: optional(isText) })),
  ),
  exitStatuses: recordOf(isNumber),
  storage: listOf(isText),
  images: listOf(isText),
};

export function isSimulatedState(value: unknown): value is SimulatedState {
  return shape(STATE)(value);
}

function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}

function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

function recordOf(check: Check): Check {
  return (value) => isRecord(value) && Object.values(value).every(check);
}

function shape(members: Readonly<Record<string, Check>>): Check {
  return (value) =>
    isRecord(value) && Object.entries(members).every(([name, check]) => check(value[name]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
