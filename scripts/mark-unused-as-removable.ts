import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import MagicString from 'magic-string';
import ts from 'typescript';

/**
 * Lets a user's bundler leave out what it does not need of the library.
 *
 * `sideEffects: false` in package.json speaks of whole files, and the build is one file. Of its parts a bundler only drops
 * those that it sees to do nothing: no schema that a call makes, no class with a static block or a symbol for a key. So
 * each of them is put into a call that is marked as pure, which holds for whatever stands at the top of a file in `src/`.
 * The source maps lead to the sources as they were.
 */
export function markUnusedAsRemovable(): Plugin {
  return {
    name: 'mark-unused-as-removable',
    setup(build) {
      build.onLoad({ filter: /\bsrc\b.*\.ts$/ }, async ({ path }) => ({
        contents: withRemovableStatements(await readFile(path, 'utf8'), path),
        loader: 'ts',
      }));
    },
  };
}

const PURE = '/* @__PURE__ */ (() =>';

/** TypeScript with its top-level constants and classes in pure calls where they need it, and with its source map. */
function withRemovableStatements(source: string, path: string): string {
  const text = new MagicString(source);
  for (const statement of ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true).statements) {
    if (ts.isVariableStatement(statement) && statement.declarationList.flags & ts.NodeFlags.Const)
      for (const { initializer } of statement.declarationList.declarations) wrapInitializer(text, initializer);
    else if (ts.isClassDeclaration(statement) && statement.members.some(isEager)) wrapClass(text, statement);
  }
  const map = text.generateMap({ source: path, includeContent: true, hires: 'boundary' });
  return `${text.toString()}\n//# sourceMappingURL=${map.toUrl()}`;
}

function wrapInitializer(text: MagicString, initializer: ts.Expression | undefined): void {
  if (initializer === undefined || ts.isLiteralExpression(initializer) || ts.isArrowFunction(initializer)) return;
  text.appendRight(initializer.getStart(), `${PURE} (`).appendLeft(initializer.end, '))()');
}

function wrapClass(text: MagicString, declaration: ts.ClassDeclaration): void {
  const { name, modifiers = [] } = declaration;
  if (name === undefined) return;
  const exported = modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ? 'export ' : '';
  // The class takes its name from the property: esbuild would give another to a second variable of the same name.
  const head = `${exported}const ${name.text} = ${PURE} ({ ${name.text}: class `;
  text.update(declaration.getStart(), name.end, head).appendLeft(declaration.end, ` }).${name.text})();`);
}

/** Whether a member of a class has something happen when the class is made. */
function isEager(member: ts.ClassElement): boolean {
  if (ts.isClassStaticBlockDeclaration(member)) return true;
  if (member.name !== undefined && ts.isComputedPropertyName(member.name)) return !isWellKnownSymbol(member.name);
  const { StaticKeyword } = ts.SyntaxKind;
  return ts.isPropertyDeclaration(member) && member.modifiers?.some(({ kind }) => kind === StaticKeyword) === true;
}

function isWellKnownSymbol({ expression }: ts.ComputedPropertyName): boolean {
  return ts.isPropertyAccessExpression(expression) && expression.expression.getText() === 'Symbol';
}
