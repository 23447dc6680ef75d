/** The wording of messages: it may change at any time, and no test should hold it. Codes and details of errors are not wording. */
import ts from 'typescript';

const NAMES: readonly string[] = ['hint', 'message'];

/** Whether a node is nothing but words for people: a message, a hint, a line of the log. */
export function isWording(node: ts.Node): boolean {
  if (ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node))
    return NAMES.includes(node.name.getText());
  const { parent } = node;
  if (parent === undefined) return false;
  if (ts.isNewExpression(parent)) return isArgumentOfError(node, parent);
  return (
    ts.isCallExpression(parent) &&
    parent.expression !== node &&
    /\blogger\.\w+$/.test(parent.expression.getText())
  );
}

/** The last argument of a KleenetError has more than words. */
function isArgumentOfError(
  node: ts.Node,
  { expression, arguments: given }: ts.NewExpression,
): boolean {
  const index = given?.findIndex((one) => one === node) ?? -1;
  if (index === -1) return false;
  const name = expression.getText();
  return name === 'KleenetError' ? index < 2 : /(Error|Unfit)$/.test(name);
}
