import { deepEqual, ok, throws } from 'node:assert/strict';
import { suite } from 'uvu';
import { parseCommandLine } from '../src/command-line/parse.ts';
import { UsageError } from '../src/command-line/exit-status.ts';
import { loadCommand } from '../src/commands/index.ts';

const connect = await loadCommand('network connect');
const create = await loadCommand('network create');
const run = await loadCommand('container run');
const exec = await loadCommand('container exec');
const inspect = await loadCommand('network inspect');
const stop = await loadCommand('container stop');

const understood = suite('what the command line says');

const UNDERSTOOD = [
  [connect, ['net', 'c1'], { network: 'net', container: 'c1' }, {}],
  [
    connect,
    ['net', '--ip', '10.0.0.1', 'c1'],
    { network: 'net', container: 'c1' },
    { ip: '10.0.0.1' },
  ],
  [
    connect,
    ['--ip=10.0.0.1', 'net', 'c1'],
    { network: 'net', container: 'c1' },
    { ip: '10.0.0.1' },
  ],
  [
    connect,
    ['--gw-priority', '-5', 'net', 'c1'],
    { network: 'net', container: 'c1' },
    { gatewayPriority: -5 },
  ],
  [
    connect,
    ['--driver-opt', 'a=1', '--driver-opt=b=2', 'n', 'c'],
    { network: 'n', container: 'c' },
    { driverOptions: ['a=1', 'b=2'] },
  ],
  [connect, ['--', '-net', 'c1'], { network: '-net', container: 'c1' }, {}],
  [connect, ['1', '010'], { network: '1', container: '010' }, {}],
  [create, ['--gw', '', 'n'], { name: 'n' }, { gateway: '' }],
  [create, ['--gw=', 'n'], { name: 'n' }, { gateway: '' }],
  [create, ['--no-nat', '--icc', 'n'], { name: 'n' }, { nat: false, icc: true }],
  [create, ['-t', 'bridge', '-i', 'br0', 'n'], { name: 'n' }, { type: 'bridge', interface: 'br0' }],
  [create, ['-tbridge', 'n'], { name: 'n' }, { type: 'bridge' }],
  [inspect, ['a', 'b'], { networks: ['a', 'b'] }, {}],
  [stop, ['-t0', 'c'], { containers: ['c'] }, { time: 0 }],
  [run, ['host', 'sh', '-c', 'exit 7'], { image: 'host', command: ['sh', '-c', 'exit 7'] }, {}],
  [
    run,
    ['--rm', 'host', 'ls', '--help', '-n', '--', 'x'],
    { image: 'host', command: ['ls', '--help', '-n', '--', 'x'] },
    { autoRemove: true },
  ],
  [run, ['-it', 'host'], { image: 'host', command: [] }, { interactive: true, terminal: true }],
  [
    run,
    ['-itu', 'root', 'host'],
    { image: 'host', command: [] },
    { interactive: true, terminal: true, user: 'root' },
  ],
  [
    run,
    ['-p8080:80', '-p', '53:53/udp', 'host'],
    { image: 'host', command: [] },
    { publish: ['8080:80', '53:53/udp'] },
  ],
  [
    run,
    ['-e', 'A=b=c', '-eX=-1', 'host'],
    { image: 'host', command: [] },
    { env: ['A=b=c', 'X=-1'] },
  ],
  [
    run,
    ['-nnet:ip=10.0.0.5', 'host'],
    { image: 'host', command: [] },
    { network: ['net:ip=10.0.0.5'] },
  ],
  [run, ['--', 'host', 'sh'], { image: 'host', command: ['sh'] }, {}],
  [run, ['host', '--', 'sh', '-l'], { image: 'host', command: ['sh', '-l'] }, {}],
  [run, ['host', 'echo', ''], { image: 'host', command: ['echo', ''] }, {}],
  [run, ['host', '007', '1e3', '0x10'], { image: 'host', command: ['007', '1e3', '0x10'] }, {}],
  [exec, ['c1', 'ls', '-l', '--help'], { container: 'c1', command: ['ls', '-l', '--help'] }, {}],
  [exec, ['-d', 'c1', '--', 'ls'], { container: 'c1', command: ['ls'] }, { detached: true }],
] as const;

for (const [command, words, args, options] of UNDERSTOOD) {
  understood(words.join(' '), () => {
    const invocation = parseCommandLine(command, words);
    deepEqual({ args: invocation.args, options: invocation.options }, { args, options });
  });
}

understood('global options before and after arguments', () => {
  const { globals } = parseCommandLine(connect, [
    '--debug',
    'n',
    'c',
    '--format',
    'json',
    '--dry-run',
  ]);
  deepEqual(globals, { debug: true, format: 'json', dryRun: true });
});

understood('help and version win over what is missing', () => {
  deepEqual(parseCommandLine(connect, ['--help']).globals, { help: true });
  deepEqual(parseCommandLine(run, ['-h']).globals, { help: true });
});

understood('names of Object.prototype are not options', () => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    throws(() => parseCommandLine(connect, [`--${name}`, 'n', 'c']), UsageError);
    throws(() => parseCommandLine(connect, [`--${name}=1`, 'n', 'c']), UsageError);
  }
});

understood.run();

const refused = suite('what it cannot say');

/** `usage`: an unknown option or a missing argument; else a bad value. */
const REFUSED = [
  [connect, [], 'usage', /missing argument NETWORK/],
  [connect, ['n'], 'usage', /missing argument CONTAINER/],
  [connect, ['n', 'c', 'x'], 'value', /unexpected argument "x"/],
  [connect, ['--ipp', '1', 'n', 'c'], 'usage', /unknown option --ipp/],
  [connect, ['-z', 'n', 'c'], 'usage', /unknown option -z/],
  [connect, ['n', 'c', '--ip'], 'usage', /option --ip needs a value/],
  [connect, ['--ip', '--mac', 'x', 'n', 'c'], 'usage', /option --ip needs a value/],
  [connect, ['--ip', '', 'n', 'c'], 'value', /option --ip has an empty value/],
  [connect, ['--ip=', 'n', 'c'], 'value', /option --ip has an empty value/],
  [connect, ['', 'c'], 'value', /NETWORK is empty/],
  [connect, ['--ip', '1', '--ip', '2', 'n', 'c'], 'value', /option --ip is given twice/],
  [connect, ['--ip', '1', '--ip', '1', 'n', 'c'], 'value', /option --ip is given twice/],
  [connect, ['--gw-priority', '1.5', 'n', 'c'], 'value', /whole number/],
  [connect, ['--gw-priority', '0x1', 'n', 'c'], 'value', /whole number/],
  [connect, ['--gw-priority', 'high', 'n', 'c'], 'value', /whole number/],
  [connect, ['--gw-priority', '99999999999', 'n', 'c'], 'value', /whole number/],
  [connect, ['--no-ip', 'n', 'c'], 'usage', /unknown option --no-ip/],
  [connect, ['--debug=yes', 'n', 'c'], 'value', /option --debug takes no value/],
  [create, ['--nat=false', 'n'], 'value', /option --nat takes no value/],
  [create, ['--nat', '--no-nat', 'n'], 'value', /exclude each other/],
  [create, ['-t', 'overlay', 'n'], 'value', /takes loopback, bridge, custom, not "overlay"/],
  [create, ['--mtu', '10', 'n'], 'value', /from 68 to 65535/],
  [stop, ['-t', '-1', 'c'], 'value', /from 0/],
  [inspect, [], 'usage', /missing argument NETWORK/],
  [inspect, ['a', ''], 'value', /NETWORK is empty/],
  [run, [], 'usage', /missing argument IMAGE/],
  [run, ['--bogus', 'host'], 'usage', /unknown option --bogus/],
  [run, ['-n'], 'usage', /option (-n|--network) needs a value/],
  [run, ['-e', '-d', 'host'], 'usage', /needs a value/],
] as const;

for (const [command, words, kind, message] of REFUSED) {
  refused(words.join(' ') || 'nothing', () => {
    throws(
      () => parseCommandLine(command, words),
      (error: unknown) => {
        ok(error instanceof Error);
        ok(message.test(error.message), error.message);
        return error instanceof UsageError === (kind === 'usage');
      },
    );
  });
}

refused('a slip of the pen is recognised', () => {
  throws(() => parseCommandLine(create, ['--subnett', 'x', 'n']), {
    hint: 'did you mean --subnet?',
  });
  throws(() => parseCommandLine(create, ['--no-ntt', 'n']), { hint: 'did you mean --no-nat?' });
});

refused.run();
