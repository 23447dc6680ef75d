import assert from 'node:assert/strict';
import { test } from 'uvu';
import { explains, sortOut } from '../../src/mutants/explanations.ts';
import { mutantsOf } from '../../src/mutants/mutate.ts';
import { applied, inOrder } from '../../src/mutants/mutant.ts';

function changed(source: string): string[] {
  return mutantsOf('a.ts', source).map((mutant) => applied(source, mutant));
}

for (const [what, source, ...expected] of [
  ['a comparison is shifted', 'f(a < b);', 'f(a <= b);'],
  ['an equation is negated once', 'if (a === b) c();', 'if (a !== b) c();', ';'],
  ['conditions', 'if (a) b();', 'if (!(a)) b();', ';'],
  ['each side alone', 'f(a && b);', 'f((a));', 'f((b));'],
  ['a fallback', 'f(a ?? b);', 'f((a));', 'f((b));'],
  ['a negation', 'f(!a);', 'f(a);'],
  ['numbers', 'f(7, 8n);', 'f(8, 8n);', 'f(7, 9n);'],
  ['strings', "f('a', '');", "f('', '');", "f('a', 'mutant');"],
  ['truth', 'f(true);', 'f(false);'],
  ['elements', 'f([a, b]);', 'f([b]);', 'f([a, ]);'],
  ['entries', 'f({ a: b, ...c });', 'f({ ...c });', 'f({ a: b,  });'],
  ['parts of a template', 'f(`x ${a} y`);', 'f(`${a} y`);', 'f(`x ${a}`);'],
  ['anchors', 'f(/^a$/u);', 'f(/a$/u);', 'f(/^a/u);'],
  ['steps of a chain', 'f(a.filter(b).some(c));', 'f(a.some(c));', 'f(a.filter(b).every(c));'],
  ['answers', 'const f = () => a;', 'const f = () => (undefined as never);'],
  ['waiting', 'const a = await b;', 'const a = b;'],
] as const)
  test(`changes: ${what}`, () => {
    for (const one of expected)
      assert.ok(changed(source).includes(one), changed(source).join('\n'));
  });

test('a statement is dropped, and leaving early, but nothing twice', () => {
  const source = 'function f() { for (const a of b) { if (c) continue; d(); } return e; }';
  const dropped = mutantsOf('a.ts', source).filter(({ kind }) => kind === 'dropped');
  assert.deepEqual(
    dropped.map(({ code }) => code),
    ['if (c) continue;', 'd();'],
  );
});

test('types, imports, keys and the wording of messages are left alone', () => {
  for (const source of [
    "type A = 'a' | 'b';",
    "import { a } from 'b';",
    "export { a } from 'b';",
    "interface A { readonly b: 'c' }",
    "throw_(new KleenetError('A', `no ${b}`));",
    "x(new TypeError('no'));",
    'function f(a: 1): asserts a is 1 {}',
  ]) {
    const strings = mutantsOf('a.ts', source).filter(({ kind }) => kind === 'literal');
    assert.deepEqual(strings, [], source);
  }
  const hint = mutantsOf('a.ts', "f({ hint: 'do it', details: { a: 'b' } });");
  assert.ok(hint.some(({ code }) => code === "'b'"));
  assert.ok(!hint.some(({ code }) => code === "'do it'"));
});

test('a mutant keeps its id when code beside it changes, and its place in the order of a seed', () => {
  const code = 'export function f(a: number) {\n  return a < 1 ? [a] : [];\n}\n';
  const mutants = mutantsOf('a.ts', code);
  const moved = mutantsOf('a.ts', `export const b = 7;\n\n${code}`);
  const ids = new Set(moved.map(({ id }) => id));
  assert.ok(mutants.every(({ id }) => ids.has(id)));
  assert.equal(new Set(mutants.map(({ id }) => id)).size, mutants.length);
  const known = new Set(mutants.map(({ id }) => id));
  const order = inOrder(moved, 5).filter(({ id }) => known.has(id));
  assert.deepEqual(
    order.map(({ id }) => id),
    inOrder(mutants, 5).map(({ id }) => id),
  );
  assert.notDeepEqual(inOrder(mutants, 5), inOrder(mutants, 6));
});

test('an explanation is for one piece of code, and is stale when that is gone', () => {
  const why = 'the difference is never seen';
  const entry = { file: 'a.ts', within: 'f', code: 'a < 1', becomes: 'a <= 1', why };
  const mutants = mutantsOf('a.ts', 'function f(a) { return a < 1; }');
  const { open, explained, stale } = sortOut(mutants, [entry], ['a.ts']);
  assert.equal(explained.length, 1);
  assert.equal(open.length, mutants.length - 1);
  assert.deepEqual(stale, []);
  assert.ok(!explains({ ...entry, within: 'g' }, explained[0]!));
  const { becomes: _, ...anyChange } = entry;
  assert.ok(explains(anyChange, explained[0]!));

  const later = mutantsOf('a.ts', 'function f(a) { return a < 2; }');
  assert.deepEqual(sortOut(later, [entry], ['a.ts']).stale, [entry]);
  assert.deepEqual(sortOut(later, [entry], ['b.ts']).stale, []);
});

test.run();
