#!/usr/bin/env node
// Runs uvu test files, each in a process of its own, and counts what ran.
// uvu exits 0 when a file forgets test.run(), when a before hook throws and when nothing matches: all three fail here.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, watch } from 'node:fs';
import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { embedScripts } from './embed.mjs';

const usage = `usage: script/run-tests.mjs [OPTION…] [FILTER…]
  FILTER          run the files whose path contains one of these
  --test PATTERN  run the tests whose name matches this regular expression
  --watch         run them again whenever a file of the packages changes; ends with Ctrl-C
  --integration   run packages/*/test/integration (as root, in namespaces) in place of the unit tests
  --except FILTER leave out the files whose path contains this; may be given again
  --node PATH     the node to run them with
  --executable    klee processes run the executable (script/executable makes it), not Node.js
  --jobs N        files at a time (default 2)
  --timeout N     seconds that one file may take (default 1800)
  --times         show how long each file took, the longest first
  --quiet         show failing files only`;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const typescript = new URL('./tests/typescript.mjs', import.meta.url).href;
const onlyMatching = new URL('./tests/only.mjs', import.meta.url).href;
/** These files start first, so that none of them is at work alone in the end. `--times` tells which they are. */
const longest = JSON.parse(readFileSync(new URL('./tests/longest.json', import.meta.url), 'utf8'));
const running = new Set();

const { values: options, positionals: filters } = readArguments();
const node = resolve(options.node ?? process.execPath);
const all = findTests(options.integration);
const files = all.filter(
  (file) =>
    (filters.length === 0 || filters.some((filter) => file.includes(filter))) &&
    !options.except.some((filter) => file.includes(filter)),
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    running.forEach(killGroup);
    process.exit(1);
  });
}

let totals = { passed: 0, failed: 0 };
for (const filter of [...filters, ...options.except].filter(isUnknown)) {
  reportMissing(`no test file matches '${filter}'`);
}
for (const file of longest.filter((one) => !existsSync(join(root, one)))) {
  reportMissing(`script/tests/longest.json names ${file}, which is not there`);
}
if (filters.length === 0 && files.length === 0) reportMissing('there are no test files');
let queue = [];
let times = [];
await runAll();
if (options.watch) watchPackages();

async function runAll() {
  embedScripts();
  queue = files.toSorted((a, b) => rankOf(a) - rankOf(b));
  times = [];
  await Promise.all(Array.from({ length: Number(options.jobs) }, work));
  if (options.test !== undefined && totals.passed + totals.failed === 0)
    reportMissing(`no test matches '${options.test}'`);
  if (options.times) showTimes();
  console.log(`${totals.passed} passed, ${totals.failed} failed`);
  process.exitCode = totals.failed === 0 ? 0 : 1;
}

function rankOf(file) {
  return longest.includes(file) ? longest.indexOf(file) : longest.length;
}

function showTimes() {
  for (const { file, seconds } of times.toSorted((a, b) => b.seconds - a.seconds))
    console.log(`${seconds.toFixed(1).padStart(7)} s  ${file}`);
}

/** Editors write a file in several steps, and one at a time is run. */
function watchPackages() {
  let timer;
  let last = Promise.resolve();
  watch(join(root, 'packages'), { recursive: true }, (_, path) => {
    if (path === null || !/(^|[/\\])(src|test)[/\\]/.test(path)) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      last = last.then(() => {
        totals = { passed: 0, failed: 0 };
        return runAll();
      });
    }, 50);
  });
}

function readArguments() {
  try {
    const parsed = parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean' },
        test: { type: 'string' },
        watch: { type: 'boolean', default: false },
        integration: { type: 'boolean', default: false },
        except: { type: 'string', multiple: true, default: [] },
        node: { type: 'string' },
        executable: { type: 'boolean', default: false },
        jobs: { type: 'string', default: '2' },
        timeout: { type: 'string', default: '1800' },
        times: { type: 'boolean', default: false },
        quiet: { type: 'boolean', default: false },
      },
    });
    if (parsed.values.help) {
      console.log(usage);
      process.exit(0);
    }
    for (const name of ['jobs', 'timeout']) {
      if (!/^[1-9]\d*$/.test(parsed.values[name]))
        throw new Error(`--${name} takes a number from 1`);
    }
    if (parsed.values.test !== undefined) new RegExp(parsed.values.test);
    return parsed;
  } catch (error) {
    console.error(`run-tests: ${error.message}\n${usage}`);
    process.exit(2);
  }
}

function isUnknown(filter) {
  return !all.some((file) => file.includes(filter));
}

function findTests(integration) {
  return readdirSync(join(root, 'packages'))
    .map((name) => `packages/${name}/test`)
    .concat('bench/test')
    .flatMap(testsBelow)
    .filter((file) => file.includes('/test/integration/') === integration)
    .sort();
}

function testsBelow(folder) {
  if (!existsSync(join(root, folder))) return [];
  const entries = readdirSync(join(root, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .map((path) => path.replaceAll(sep, '/'));
}

async function work() {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) report(await run(file));
}

async function run(file) {
  const started = performance.now();
  const { output, problem } = await execute(file);
  const seconds = (performance.now() - started) / 1000;
  const [total, passed, skipped] = ['Total', 'Passed', 'Skipped'].map((word) => sum(output, word));
  const fault = problem ?? findSilentFault(total, passed, skipped);
  const failed = Math.max(total - passed, fault === undefined ? 0 : 1);
  return { file, output, fault, passed, failed, skipped, seconds };
}

function findSilentFault(total, passed, skipped) {
  if (options.test !== undefined && total === 0 && skipped > 0) return undefined;
  if (total === 0) return 'no test ran: is test.run() missing?';
  return passed < total ? 'a hook threw, and uvu swallowed the error' : undefined;
}

function execute(file) {
  const wrapper = options.integration ? [join(root, 'script/in-namespaces')] : [];
  const only = options.test === undefined ? [] : ['--import', onlyMatching];
  const argv = [
    ...wrapper,
    node,
    '--conditions=@kleenet/source',
    '--import',
    typescript,
    ...only,
    file,
  ];
  return new Promise((done) => {
    // A group of its own, so that a time-out also ends what the test has started.
    const child = spawn(argv[0], argv.slice(1), {
      cwd: root,
      env: testEnvironment(),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    let output = '';
    let problem;
    const timer = setTimeout(() => {
      problem = `stopped after ${options.timeout} s`;
      killGroup(child);
    }, options.timeout * 1000);
    const finish = () => {
      clearTimeout(timer);
      running.delete(child);
      child.stdout.destroy();
      child.stderr.destroy();
      done({ output, problem });
    };
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', (error) => {
      problem = error.message;
      finish();
    });
    child.on('exit', (code, signal) => {
      if (code !== 0) problem ??= signal ? `ended by ${signal}` : `exit status ${code}`;
      killGroup(child);
      // A process that the test left behind may hold the pipe open for ever.
      setTimeout(finish, 1000).unref();
    });
    child.on('close', finish);
  });
}

function testEnvironment() {
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (name.startsWith('KLEE_')) delete env[name];
  env.KLEE_RUNTIME = options.executable ? 'executable' : 'node';
  delete env.FORCE_COLOR;
  // Reading a bundle of certificates at every start costs more than most tests.
  delete env.NODE_EXTRA_CA_CERTS;
  if (options.test !== undefined) env.KLEENET_TEST = options.test;
  // Programs with `#!/usr/bin/env node` must run on the node under test, too.
  if (options.node !== undefined) env.PATH = dirname(node) + delimiter + env.PATH;
  return env;
}

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function sum(output, word) {
  const lines = output.matchAll(new RegExp(`^ {2}${word}: +(\\d+)$`, 'gm'));
  return [...lines].reduce((total, match) => total + Number(match[1]), 0);
}

function report({ file, output, fault, passed, failed, skipped, seconds }) {
  totals.passed += passed;
  totals.failed += failed;
  times.push({ file, seconds });
  const ok = failed === 0;
  const isIdle = passed === 0 && skipped > 0;
  if (ok && (options.quiet || (options.test !== undefined && isIdle))) return;
  const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${file}: ${counts} (${seconds.toFixed(1)} s)`);
  if (ok) return;
  if (fault !== undefined) console.log(`    ${fault}`);
  console.log(output.trimEnd().replace(/^/gm, '    '));
}

function reportMissing(message) {
  totals.failed += 1;
  console.log(`FAILED ${message}`);
}
