import { defineCommand } from '../../command-line/definition.ts';
import type { Command } from '../../command-line/definition.ts';
import { showList } from '../../render/show.ts';
import type { Listing } from '../../render/show.ts';
import { containerListView } from '../../render/views.ts';
import type { ContainerListView, PublishedPortView } from '../../render/views.ts';

/** Commands can be long: a table shows their beginning. */
const COMMAND_WIDTH = 30;

const LISTING: Listing<ContainerListView> = {
  columns: [
    ['ID', ({ id }) => id],
    ['NAME', ({ name }) => name],
    ['IMAGE', ({ image }) => image],
    ['COMMAND', ({ command }) => shorten(command.join(' '))],
    ['DRIVER', ({ driver }) => driver],
    [
      'STATE',
      ({ state, exit_code }) =>
        state === 'exited' && exit_code !== '' ? `exited (${exit_code})` : state,
    ],
    ['PORTS', ({ published_ports }) => published_ports.map(portText).join(', ')],
    ['ADDRESSES', ({ networks }) => networks.map(addressText).join(', ')],
  ],
  id: ({ id }) => id,
};

export const command: Command = defineCommand({
  describe: 'List containers',
  arguments: {},
  options: {
    all: { type: 'flag', alias: 'a', describe: 'all containers, and not only running ones' },
  },
  examples: [
    ['container ls', 'running containers'],
    ['lsc -a --quiet', 'ids of all containers'],
    ["container ls -a --format '{{name}} {{state}}'", 'two properties of each'],
  ],
  async run(context, _args, { all }) {
    const { core, engine } = await context.look();
    await core.tidy(engine);
    const reports = await core.listContainers(engine);
    const shown = all === true ? reports : reports.filter(({ state }) => state === 'running');
    await showList(context, LISTING, shown.map(containerListView));
  },
});

function shorten(text: string): string {
  const characters = Array.from(text);
  return characters.length > COMMAND_WIDTH
    ? `${characters.slice(0, COMMAND_WIDTH - 1).join('')}…`
    : text;
}

function portText(port: PublishedPortView): string {
  const host =
    port.host_port === port.host_port_last
      ? `${port.host_port}`
      : `${port.host_port}-${port.host_port_last}`;
  const where = port.interface === '' ? host : `${port.interface}:${host}`;
  return `${where}->${port.container_port}/${port.protocol}`;
}

function addressText({
  name,
  ip_address,
  ip_address6,
}: ContainerListView['networks'][number]): string {
  return [ip_address, ip_address6].filter((address) => address !== '').join(' ') || name;
}
