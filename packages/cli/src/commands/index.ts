/** Every command, loaded on demand. Names with two underscores are internal. */
import type { CommandTree } from '../command-line/route.ts';
import type { Command } from '../command-line/definition.ts';

type Loader = () => Promise<{ readonly command: Command }>;

const COMMANDS: Readonly<Record<string, Loader>> = {
  'network create': () => import('./network/create.ts'),
  'network connect': () => import('./network/connect.ts'),
  'network disconnect': () => import('./network/disconnect.ts'),
  'network inspect': () => import('./network/inspect.ts'),
  'network ls': () => import('./network/ls.ts'),
  'network rm': () => import('./network/rm.ts'),
  'network prune': () => import('./network/prune.ts'),
  'network stats': () => import('./network/stats.ts'),
  'container create': () => import('./container/create.ts'),
  'container run': () => import('./container/run.ts'),
  'container start': () => import('./container/start.ts'),
  'container stop': () => import('./container/stop.ts'),
  'container restart': () => import('./container/restart.ts'),
  'container rm': () => import('./container/rm.ts'),
  'container ls': () => import('./container/ls.ts'),
  'container inspect': () => import('./container/inspect.ts'),
  'container exec': () => import('./container/exec.ts'),
  'container logs': () => import('./container/logs.ts'),
  'container rename': () => import('./container/rename.ts'),
  'container prune': () => import('./container/prune.ts'),
  'container __reap': () => import('./container/reap.ts'),
  'image import': () => import('./image/import.ts'),
  'image fetch': () => import('./image/fetch.ts'),
  'image ls': () => import('./image/ls.ts'),
  'image rm': () => import('./image/rm.ts'),
  'image inspect': () => import('./image/inspect.ts'),
  'system check': () => import('./system/check.ts'),
  'system repair': () => import('./system/repair.ts'),
  'system info': () => import('./system/info.ts'),
  'system licenses': () => import('./system/licenses.ts'),
  'system up': () => import('./system/up.ts'),
  'system down': () => import('./system/down.ts'),
  'system adopt': () => import('./system/adopt.ts'),
  'plugin add': () => import('./plugin/add.ts'),
  'plugin rm': () => import('./plugin/rm.ts'),
  'plugin ls': () => import('./plugin/ls.ts'),
  'plugin info': () => import('./plugin/info.ts'),
  'plugin test': () => import('./plugin/test.ts'),
  'plugin __try': () => import('./plugin/try.ts'),
  'plugin new': () => import('./plugin/new.ts'),
  completion: () => import('./completion.ts'),
  __complete: () => import('./complete.ts'),
};

/** The groups, for help. */
export const GROUPS: Readonly<Record<string, string>> = {
  network: 'Networks, and which containers are connected to them',
  container: 'Containers and their commands',
  image: 'File systems that containers are made from',
  system: 'State and host',
  plugin: 'Drivers, and the packages that contain them',
};

export const TREE: CommandTree = {
  paths: Object.keys(COMMANDS),
  shortcuts: {
    run: 'container run',
    create: 'container create',
    start: 'container start',
    stop: 'container stop',
    restart: 'container restart',
    exec: 'container exec',
    lsc: 'container ls',
    isc: 'container inspect',
    rmc: 'container rm',
    lsn: 'network ls',
    isn: 'network inspect',
    rmn: 'network rm',
    lsi: 'image ls',
    rmi: 'image rm',
  },
};

/** Loads the command at a path of {@link TREE}. */
export async function loadCommand(path: string): Promise<Command> {
  const load = COMMANDS[path];
  if (load === undefined) throw new TypeError(`no command at ${path}`);
  return (await load()).command;
}
