/** All mutants of a source file. Pure. */
import ts from 'typescript';
import { changesOf } from './changes.ts';
import { digest, oneLine } from './mutant.ts';
import type { Change, Mutant } from './mutant.ts';
import { isWording } from './wording.ts';

export function mutantsOf(file: string, source: string): readonly Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ES2022, true);
  const seen = new Map<string, number>();
  const mutants: Mutant[] = [];
  const add = (node: ts.Node, change: Change): void => {
    const { kind, start, end, text } = change;
    const code = oneLine(source.slice(start, end));
    const becomes = oneLine(text);
    if (code === becomes) return;
    const within = functionAround(node);
    const key = [file, within, code, becomes].join('\0');
    const before = seen.get(key) ?? 0;
    seen.set(key, before + 1);
    const id = digest(key, String(before));
    const line = tree.getLineAndCharacterOfPosition(start).line + 1;
    mutants.push({ id, file, within, kind, code, becomes, line, start, end, text });
  };
  const visit = (node: ts.Node): void => {
    if (isLeftAlone(node)) return;
    for (const change of changesOf(node, tree)) add(node, change);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return mutants;
}

function functionAround(node: ts.Node): string {
  for (let around: ts.Node | undefined = node; around !== undefined; around = around.parent) {
    const name = nameOf(around);
    if (name !== undefined) return name;
  }
  return '';
}

function nameOf(node: ts.Node): string | undefined {
  if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) return node.name?.getText();
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  return ts.isVariableDeclaration(node) && isNaming(node) ? node.name.getText() : undefined;
}

/** A function, or a constant at the top of the file. */
function isNaming({ initializer, parent }: ts.VariableDeclaration): boolean {
  const isFunction =
    initializer !== undefined &&
    (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer));
  return isFunction || ts.isSourceFile(parent.parent.parent);
}

/** Types, imports, and the wording of messages. */
function isLeftAlone(node: ts.Node): boolean {
  return (
    ts.isTypeNode(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node) ||
    isWording(node)
  );
}
