/** The programs of the model, by name. */
import type { Program } from '../machine.ts';
import { ifconfig } from './ifconfig.ts';
import { jail } from './jail.ts';
import { jls } from './jls.ts';
import { kenv, kldload, kldstat, kldunload } from './kernel.ts';
import { mount, umount } from './mount.ts';
import { netstat } from './netstat.ts';
import { pfctl } from './pfctl.ts';
import { pkill, ps } from './processes.ts';
import { route } from './route.ts';
import { sockstat } from './sockstat.ts';
import { sysctl } from './sysctl.ts';

export const PROGRAMS: Readonly<Record<string, Program>> = {
  ifconfig,
  jail,
  jls,
  kenv,
  kldload,
  kldstat,
  kldunload,
  mount,
  netstat,
  pfctl,
  pkill,
  ps,
  route,
  sockstat,
  sysctl,
  umount,
};
