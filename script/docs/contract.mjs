// The reference of what authors of drivers import, from the comments in the source.
import { dirname } from 'node:path';
import ts from 'typescript';
import { commentOf, declarationsIn, textOf } from './declarations.mjs';

const PAGES = {
  '@kleenet/core/driver':
    'The contract: what a driver implements, what it is handed, and helpers for what every driver has to work out. All of them are pure, but for `tryAll` and `settleAll`.',
  '@kleenet/core/linux': 'Names and marks on Linux, and what ip(8) says.',
  '@kleenet/core/freebsd': 'Marks on FreeBSD, and what its programs say.',
  '@kleenet/core/errors':
    'The one error class, and how to tell errors apart. The codes themselves are in [errors.md](errors.md).',
  '@kleenet/core/testing':
    "For a driver's tests: objects to work on, stand-ins for what core hands over, and hosts. `klee plugin test` uses them, too.",
  '@kleenet/conformance':
    'The suite that proves a driver; its cases are in [conformance.md](conformance.md).',
};

export function contractReference(program, packages) {
  const all = packages.flatMap(({ entries, folder }) =>
    entries.map((entry) => ({ ...entry, folder })),
  );
  const entries = Object.keys(PAGES).map((name) => all.find((entry) => entry.name === name));
  const seen = new Set();
  const text = [
    '# The driver contract',
    '',
    'Generated from the comments in the source by `npm run docs`; do not edit it here.',
    '',
    'This is the reference of what the author of a driver imports. [Writing a driver](writing-a-driver.md) is the way in.',
    'Where nothing else is said, values are frozen and can be written as JSON, times are milliseconds, and ids are 12 hex',
    'digits. Versions are explained in [UPGRADING.md](../UPGRADING.md#for-authors-of-drivers).',
    ...entries.flatMap((entry) => page(program, entry, seen)),
    '',
  ].join('\n');
  return withoutDeadLinks(text);
}

/** What an earlier entry point has is not repeated. */
function page(program, entry, seen) {
  const fresh = program
    .exportsOf(entry)
    .filter(({ symbol }) => !seen.has(symbol))
    .map(({ name, symbol }) => ({
      name,
      symbol,
      declaration: declarationsIn(entry.folder, symbol)[0],
    }))
    .filter(({ declaration }) => declaration !== undefined);
  for (const { symbol } of fresh) seen.add(symbol);
  const fileOf = ({ declaration }) => declaration.getSourceFile().fileName;
  // The contract proper: the entry, then its parts, each in its own order. What they rest on follows by name.
  const rankOf = (one) => (fileOf(one) === entry.file ? '' : fileOf(one));
  const isOwn = (one) => fileOf(one) === entry.file || dirname(fileOf(one)).endsWith('/contract');
  const own = fresh
    .filter(isOwn)
    .toSorted(
      (a, b) => rankOf(a).localeCompare(rankOf(b)) || a.declaration.pos - b.declaration.pos,
    );
  const others = fresh.filter((one) => !isOwn(one)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return ['', `## ${entry.name}`, '', PAGES[entry.name], ...[...own, ...others].flatMap(describe)];
}

/** Some comments speak of what is not for authors. */
function withoutDeadLinks(text) {
  const headings = new Set(
    [...text.matchAll(/^### (\w+)$/gm)].map(([, name]) => name.toLowerCase()),
  );
  return text.replace(/\[(`\w+`)\]\(#(\w+)\)/g, (link, name, anchor) =>
    headings.has(anchor) ? link : name,
  );
}

function describe({ name, declaration }) {
  const { text, tags } = commentOf(declaration);
  if (text === '') throw new Error(`${name} has no comment, and authors can import it`);
  return [
    '',
    `### ${name}`,
    '',
    text,
    '',
    ...(hasMembers(declaration) ? members(declaration) : ['```ts', signature(declaration), '```']),
    ...tagLines(tags).flatMap((line) => ['', line]),
  ];
}

function hasMembers(node) {
  return (
    (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) && node.members.length > 0
  );
}

function members(node) {
  const heritage = (node.heritageClauses ?? []).map((clause) => clause.getText()).join(' ');
  const lines = node.members
    .filter((member) => !(member.name !== undefined && ts.isPrivateIdentifier(member.name)))
    .flatMap((member) => {
      const { text, tags } = commentOf(member);
      const said = [text, ...tagLines(tags)].filter((part) => part !== '').join('\n\n');
      const item = `- \`${inline(textOf(member))}\``;
      return said === '' ? [item] : [item, indented(said)];
    });
  return [...(heritage === '' ? [] : [`\`${inline(heritage)}\``, '']), ...lines];
}

function signature(node) {
  const text = textOf(node);
  // The table of codes has a page of its own.
  return text.length > 2000 ? `${text.slice(0, text.indexOf(':'))}: …` : text;
}

function tagLines(tags) {
  return tags.map(({ tag, name, text }) => {
    if (tag === 'throws') return `Throws ${text}`;
    if (tag === 'param') return `\`${name}\`: ${text}`;
    return `${tag}: ${text}`;
  });
}

function inline(text) {
  return text.replace(/\s+/g, ' ').replace(/;$/, '');
}

function indented(text) {
  return text.replace(/^(?=.)/gm, '  ');
}
