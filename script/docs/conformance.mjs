// What the conformance kit tries, and which faults it was seen to find.

/** What the cases of a group are about, in the order of the page. */
const GROUPS = {
  manifest: 'What a driver and its package declare about themselves.',
  validation: 'The answers of `validateEndpoint`, before anything is changed.',
  'data planes':
    'Data planes for real platforms, as far as they can be tested anywhere: loading, and `plan`.',
  process: 'What a driver does to the process of klee, and what it takes from it.',
  plan: 'The claims, recorded before the resources are made.',
  attach: 'Making an endpoint work.',
  detach: 'Taking it away, in every state of the host.',
  observe: 'Comparing the host with what should be there; `klee system check` relies on it.',
  faults:
    'Each step that a method takes on the host is made to fail, to hang, or to be the last one of its process.',
  neighbours: 'Beside other endpoints, and beside foreign resources.',
  networks: 'Networks that belong to the driver, and what it makes for them.',
  checks: 'Questions to the host before anything is recorded.',
};

const NEEDS = {
  plugin: 'given the plugin',
  packageJson: 'given package.json',
  import: 'given an import',
  'Node.js': 'run by Node.js',
  networks: 'connects to networks',
  connectWhileRunning: '`connectWhileRunning`',
  disconnectWhileRunning: '`disconnectWhileRunning`',
  mac: '`mac`',
  gateway: '`gateway`, on bridge networks',
  ownNetworks: '`networkOptions`',
  hostChecks: '`hostChecks`',
  freebsd: 'a data plane for FreeBSD',
  linux: 'a data plane for Linux',
  'freebsd host': 'a host of FreeBSD',
  'linux host': 'a host of Linux',
};

/**
 * @param cases - those of any driver
 * @param broken - deliberately broken drivers: each a fault, and the one case that fails
 */
export function conformancePage(cases, broken) {
  const anywhere = new Set(cases.filter((one) => !isAboutHost(one)).map(({ name }) => name));
  const shown = cases.filter((one) => !isAboutHost(one) || !anywhere.has(plainName(one)));
  const hosts = cases.length - shown.length;
  const unknown = shown.filter(({ group }) => !(group in GROUPS));
  if (unknown.length > 0) throw new Error(`the page knows no group ${unknown[0].group}`);
  return [
    '# What the conformance kit tries',
    '',
    'Generated from [the kit](../packages/conformance/README.md) by `npm run docs`; do not edit it here.',
    '',
    'Each case is a rule of the [driver contract](driver-contract.md). The last column says which faults it was seen to find:',
    'a driver that has this one fault fails this one case and passes all others. Where nothing stands under *only if*, the',
    'case is for every driver; one that does not apply is skipped, and never counts as passed.',
    '',
    `Cases about a host run on the simulated one. Given a host of FreeBSD or Linux, they run there as well, under the same`,
    `name with \`(freebsd)\` or \`(linux)\` behind it: ${hosts} more cases that are not listed here. \`klee plugin test\` has`,
    'both: a model of FreeBSD, and namespaces of a Linux machine. What passed on the simulated host alone proves a driver on no',
    'other platform, and the report says so.',
    ...Object.entries(GROUPS).flatMap(([group, about]) =>
      section(
        group,
        about,
        shown.filter((one) => one.group === group),
        broken,
      ),
    ),
    '',
  ].join('\n');
}

function isAboutHost({ needs }) {
  return needs.some((need) => need.endsWith(' host'));
}

function plainName({ name }) {
  return name.replace(/ \((?:freebsd|linux)\)$/, '');
}

function section(group, about, cases, broken) {
  return [
    '',
    `## ${group}`,
    '',
    about,
    '',
    '| rule | only if | fails, for example, a driver that |',
    '|---|---|---|',
    ...cases.map((one) => {
      const { name, needs } = one;
      const faults = broken
        .filter(({ fails }) => fails === plainName(one))
        .map(({ fault }) => fault);
      const conditions = needs
        .filter((need) => need !== 'networks' || needs.length === 1)
        .filter((need) => !needs.includes(`${need} host`));
      return `| ${name} | ${conditions.map((need) => NEEDS[need]).join(', ')} | ${faults.join('; ')} |`;
    }),
  ];
}
