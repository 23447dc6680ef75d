// What packages export, as TypeScript sees it in their compiled declarations.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

/** The packages by folder, each with its entry points: what package.json exports types for. */
export function readPackages(root, names) {
  return names.map((name) => {
    const folder = join(root, 'packages', name);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const entries = Object.entries(manifest.exports).flatMap(([path, target]) =>
      typeof target === 'object' && target.types !== undefined
        ? [{ name: join(manifest.name, path), file: join(folder, target.types) }]
        : [],
    );
    return { folder, name: manifest.name, entries };
  });
}

/** A program of all declarations, with helpers that ask it. */
export function openProgram(packages) {
  const program = ts.createProgram({
    rootNames: packages.flatMap(({ entries }) => entries.map(({ file }) => file)),
    options: {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      types: ['node'],
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
    },
  });
  const checker = program.getTypeChecker();
  return {
    /** What an entry point exports: names, with the symbols that they stand for. In the order of its text. */
    exportsOf({ file }) {
      const source = program.getSourceFile(file);
      const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
      if (module === undefined)
        throw new Error(`${file} is missing or no module: run script/build`);
      return checker.getExportsOfModule(module).map((symbol) => ({
        name: symbol.name,
        symbol: resolve(checker, symbol),
      }));
    },
    /** The symbols that a declaration mentions. */
    mentionedBy(node) {
      const found = new Set();
      const visit = (child) => {
        if (ts.isIdentifier(child)) {
          const symbol = checker.getSymbolAtLocation(child);
          if (symbol !== undefined) found.add(resolve(checker, symbol));
        }
        ts.forEachChild(child, visit);
      };
      visit(node);
      return [...found];
    },
  };
}

function resolve(checker, symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** The statements that declare a symbol at the top level of a module of the package. */
export function declarationsIn(folder, symbol) {
  return (symbol.declarations ?? []).flatMap((declaration) => {
    const statement = ts.isVariableDeclaration(declaration)
      ? declaration.parent.parent
      : declaration;
    const path = relative(folder, statement.getSourceFile().fileName);
    // A whole module, as in `typeof core`, is declared by its file.
    if (ts.isSourceFile(statement)) return [];
    const isTop = ts.isSourceFile(statement.parent) && !path.startsWith('..');
    return isTop && !path.includes('node_modules') ? [statement] : [];
  });
}

/** Its comment's sentences, and its tags. Links are Markdown links to headings. */
export function commentOf(node) {
  const parts = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const doc = parts.at(-1);
  return {
    text: linked(ts.getTextOfJSDocComment(doc?.comment) ?? ''),
    tags: (doc?.tags ?? []).map((tag) => ({
      tag: tag.tagName.text,
      name: ts.isJSDocParameterTag(tag) ? tag.name.getText() : '',
      text: linked(ts.getTextOfJSDocComment(tag.comment) ?? '').replace(/^[-–] /, ''),
    })),
  };
}

function linked(text) {
  return text.replace(/\{@link (\w+)\s*\}/g, (_, name) => `[\`${name}\`](#${name.toLowerCase()})`);
}

const printer = ts.createPrinter({ removeComments: true });

/** A declaration without its comments. */
export function textOf(node) {
  const text = printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile());
  return text.replace(/^export (declare )?/, '').replaceAll('    ', '  ');
}
