import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';

const src = join(import.meta.dirname, '../../src');

/** A regular expression as it stands in the sources. */
export interface SourcePattern {
  /** File and line, such as `contract/text.ts:28`. */
  readonly place: string;
  readonly source: string;
  readonly flags: string;
}

/** Everything in `src/` that makes a regular expression: the literals, and the files that put one together at run time. */
export function patternsInSources(): { readonly literals: SourcePattern[]; readonly composedIn: string[] } {
  const literals: SourcePattern[] = [];
  const composedIn = new Set<string>();
  for (const path of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts')) continue;
    const name = path.split(sep).join('/');
    const file = ts.createSourceFile(name, readFileSync(join(src, path), 'utf8'), ts.ScriptTarget.Latest);
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) {
        const end = node.text.lastIndexOf('/');
        const { line } = file.getLineAndCharacterOfPosition(node.pos);
        const [source, flags] = [node.text.slice(1, end), node.text.slice(end + 1)];
        literals.push({ place: `${name}:${line + 1}`, source, flags });
      }
      if (ts.isIdentifier(node) && node.text === 'RegExp') composedIn.add(name);
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return { literals, composedIn: [...composedIn] };
}
