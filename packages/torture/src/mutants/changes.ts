/**
 * The changes that are tried, by the syntax that they change. Each is one that a slip of the pen or a wrong thought might
 * have made.
 */
import ts from 'typescript';
import type { Change } from './mutant.ts';
import { isWording } from './wording.ts';

type Changer = (node: ts.Node, code: (node: ts.Node) => string) => readonly Change[];

/** What {@link Changer}s say of one node. */
export function changesOf(node: ts.Node, source: ts.SourceFile): readonly Change[] {
  const code = (part: ts.Node): string => part.getText(source);
  return CHANGERS.flatMap((changer) => changer(node, code));
}

function replace(node: ts.Node, kind: string, text: string): Change {
  return { kind, start: node.getStart(), end: node.getEnd(), text };
}

const { SyntaxKind } = ts;

const SHIFTED: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [SyntaxKind.LessThanToken, '<='],
  [SyntaxKind.LessThanEqualsToken, '<'],
  [SyntaxKind.GreaterThanToken, '>='],
  [SyntaxKind.GreaterThanEqualsToken, '>'],
  [SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [SyntaxKind.MinusToken, '+'],
  [SyntaxKind.AsteriskToken, '/'],
  [SyntaxKind.SlashToken, '*'],
  [SyntaxKind.PercentToken, '*'],
  [SyntaxKind.LessThanLessThanToken, '>>'],
  [SyntaxKind.GreaterThanGreaterThanToken, '<<'],
  [SyntaxKind.AmpersandToken, '|'],
  [SyntaxKind.BarToken, '&'],
]);

const JOINED: readonly ts.SyntaxKind[] = [
  SyntaxKind.AmpersandAmpersandToken,
  SyntaxKind.BarBarToken,
  SyntaxKind.QuestionQuestionToken,
];

/** Comparisons are shifted. Of what `&&`, `||` and `??` join, each side stands alone once. */
const operators: Changer = (node, code) => {
  if (!ts.isBinaryExpression(node)) return [];
  const { left, operatorToken, right } = node;
  if (JOINED.includes(operatorToken.kind))
    return [left, right].map((side) => replace(node, 'one side', `(${code(side)})`));
  const shifted = SHIFTED.get(operatorToken.kind);
  if (operatorToken.kind === SyntaxKind.PlusToken && isNumber(right))
    return [replace(node, 'operator', `${code(left)} - ${code(right)}`)];
  if (shifted === undefined) return [];
  return [replace(node, 'operator', `${code(left)} ${shifted} ${code(right)}`)];
};

function isNumber(node: ts.Node): boolean {
  return ts.isNumericLiteral(node) || ts.isBigIntLiteral(node);
}

/** Conditions are negated. An equation is, where its operator is shifted. */
const conditions: Changer = (node, code) => {
  const condition = conditionOf(node);
  if (condition === undefined || isEquation(condition)) return [];
  if (isNegation(condition)) return [];
  return [replace(condition, 'negated', `!(${code(condition)})`)];
};

function conditionOf(node: ts.Node): ts.Expression | undefined {
  if (ts.isIfStatement(node) || ts.isWhileStatement(node)) return node.expression;
  return ts.isConditionalExpression(node) ? node.condition : undefined;
}

function isEquation(node: ts.Node): boolean {
  return (
    ts.isBinaryExpression(node) &&
    [SyntaxKind.EqualsEqualsEqualsToken, SyntaxKind.ExclamationEqualsEqualsToken].includes(
      node.operatorToken.kind,
    )
  );
}

function isNegation(node: ts.Node): node is ts.PrefixUnaryExpression {
  return ts.isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken;
}

const negations: Changer = (node, code) =>
  isNegation(node) ? [replace(node, 'negated', code(node.operand))] : [];

/** `return await` in a `try` decides who catches. A statement that only waits is dropped as a whole. */
const awaits: Changer = (node, code) =>
  ts.isAwaitExpression(node) && !ts.isExpressionStatement(node.parent)
    ? [replace(node, 'no await', code(node.expression))]
    : [];

/** Statements are dropped: calls, assignments, leaving early, and what is done under a condition only. */
const statements: Changer = (node) => {
  const isLone =
    ts.isExpressionStatement(node) ||
    ts.isThrowStatement(node) ||
    ts.isBreakOrContinueStatement(node) ||
    (ts.isReturnStatement(node) && isEarly(node));
  const isDropped = isLone
    ? !isWholeBranch(node)
    : ts.isIfStatement(node) && node.elseStatement === undefined;
  return isDropped ? [replace(node, 'dropped', ';')] : [];
};

function isEarly(node: ts.ReturnStatement): boolean {
  return !(ts.isBlock(node.parent) && ts.isFunctionLike(node.parent.parent));
}

/** Whether it goes with its `if`, which is dropped as a whole. */
function isWholeBranch(node: ts.Statement): boolean {
  const { parent } = node;
  const branch = ts.isBlock(parent) && parent.statements.length === 1 ? parent : node;
  const { parent: owner } = branch;
  return ts.isIfStatement(owner) && owner.elseStatement === undefined;
}

/** Answers are emptied. */
const answers: Changer = (node) => {
  const answer = answerOf(node);
  if (answer === undefined || isPlain(answer)) return [];
  const text = ts.isArrayLiteralExpression(answer) ? '[]' : '(undefined as never)';
  return [replace(answer, 'emptied', text)];
};

function answerOf(node: ts.Node): ts.Expression | undefined {
  if (ts.isReturnStatement(node)) return node.expression;
  return ts.isArrowFunction(node) && !ts.isBlock(node.body) ? node.body : undefined;
}

/** What other changes already change as a whole, or what is empty. */
function isPlain(node: ts.Expression): boolean {
  return (
    ts.isLiteralExpression(node) ||
    node.kind === SyntaxKind.TrueKeyword ||
    node.kind === SyntaxKind.FalseKeyword ||
    ts.isVoidExpression(node) ||
    (ts.isIdentifier(node) && node.text === 'undefined') ||
    (ts.isArrayLiteralExpression(node) && node.elements.length < 2) ||
    isEquation(node) ||
    isNegation(node)
  );
}

/** Elements of arrays and entries of objects are left out. */
const entries: Changer = (node) => {
  if (ts.isArrayLiteralExpression(node)) return dropEach(node.elements);
  return ts.isObjectLiteralExpression(node) ? dropEach(node.properties) : [];
};

function dropEach(list: ts.NodeArray<ts.Node>): readonly Change[] {
  return list.flatMap((element, index) => {
    if (isWording(element)) return [];
    const next = list[index + 1];
    const end = next === undefined ? list.end : next.getStart();
    return [{ kind: 'left out', start: element.getStart(), end, text: '' }];
  });
}

const literals: Changer = (node) => {
  if (node.kind === SyntaxKind.TrueKeyword) return [replace(node, 'literal', 'false')];
  if (node.kind === SyntaxKind.FalseKeyword) return [replace(node, 'literal', 'true')];
  if (ts.isBigIntLiteral(node))
    return [replace(node, 'literal', `${BigInt(node.text.slice(0, -1)) + 1n}n`)];
  if (ts.isNumericLiteral(node)) return [replace(node, 'literal', String(Number(node.text) + 1))];
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node))
    return isName(node) ? [] : [replace(node, 'literal', node.text === '' ? "'mutant'" : "''")];
  return ts.isRegularExpressionLiteral(node) ? loosened(node) : [];
};

/** What is changed otherwise: keys, what is compared with, and elements, which are left out. */
function isName(node: ts.Node): boolean {
  const { parent } = node;
  return (
    ts.isArrayLiteralExpression(parent) ||
    ts.isElementAccessExpression(parent) ||
    ts.isCaseClause(parent) ||
    isEquation(parent) ||
    (ts.isPropertyAssignment(parent) && parent.name === node)
  );
}

/** A regular expression loses an anchor. */
function loosened(node: ts.RegularExpressionLiteral): readonly Change[] {
  const { text } = node;
  const slash = text.lastIndexOf('/');
  const [body, flags] = [text.slice(1, slash), text.slice(slash + 1)];
  const changes = [];
  if (body.startsWith('^')) changes.push(`/${body.slice(1)}/${flags}`);
  if (/(^|[^\\])\$$/.test(body)) changes.push(`/${body.slice(0, -1)}/${flags}`);
  return changes.map((changed) => replace(node, 'unanchored', changed));
}

/** The text between the values of a template is left out, part by part. */
const templates: Changer = (node, code) => {
  if (!ts.isTemplateExpression(node)) return [];
  return [node.head, ...node.templateSpans.map(({ literal }) => literal)].flatMap((part) => {
    if (part.text.trim() === '') return [];
    const whole = code(part);
    const opened = whole[0] ?? '';
    const closed = whole.endsWith('${') ? '${' : '`';
    return [replace(part, 'literal', opened + closed)];
  });
};

const SKIPPED = ['filter', 'toSorted', 'sort', 'toReversed', 'reverse', 'trim', 'slice'];
const EXCHANGED: ReadonlyMap<string, string> = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['min', 'max'],
  ['max', 'min'],
  ['startsWith', 'endsWith'],
  ['endsWith', 'startsWith'],
]);

/** A step of a chain is skipped, or exchanged for its opposite. */
const calls: Changer = (node, code) => {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
  const { expression, name } = node.expression;
  if (SKIPPED.includes(name.text)) return [replace(node, 'skipped', code(expression))];
  const other = EXCHANGED.get(name.text);
  return other === undefined ? [] : [replace(name, 'exchanged', other)];
};

const CHANGERS: readonly Changer[] = [
  operators,
  conditions,
  negations,
  awaits,
  statements,
  answers,
  entries,
  literals,
  templates,
  calls,
];
