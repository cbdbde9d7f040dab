import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { regions } from '../../src/contract/regions.js';

const root = join(import.meta.dirname, '../..');

const documents = ['.', 'docs', 'examples', '.changeset'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** A document without its blocks of code. */
function proseOf(path: string): string {
  return read(path).replace(/^```.*?^```$/gms, '');
}

/** The name under which GitHub makes a heading reachable. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsOf(path: string): string[] {
  return [...proseOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

/** Links to files and headings of the repository that lead nowhere. */
function brokenLinks(path: string): string[] {
  const targets = [...proseOf(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => {
    if (/^https?:/.test(target)) return false;
    const [file = '', anchor] = target.split('#');
    const linked = file === '' ? path : relative(root, join(root, dirname(path), file));
    if (!existsSync(join(root, linked))) return true;
    return anchor !== undefined && !anchorsOf(linked).includes(anchor);
  });
}

/** The code in the first cell of each row of a table but its heading. */
function codeInFirstCells(text: string): string[] {
  return [...text.matchAll(/^\| `([^`]+)`/gm)].map(([, code = '']) => code).slice(1);
}

/** The members of a union of strings in a source file. */
function membersOf(path: string, type: string): string[] {
  const source = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest);
  const members: string[] = [];
  source.forEachChild((node) => {
    if (!ts.isTypeAliasDeclaration(node) || node.name.text !== type || !ts.isUnionTypeNode(node.type)) return;
    for (const member of node.type.types) {
      if (ts.isLiteralTypeNode(member) && ts.isStringLiteral(member.literal)) members.push(member.literal.text);
    }
  });
  return members;
}

function section(path: string, heading: string): string {
  const [, text = ''] = read(path).split(`\n## ${heading}\n`);
  return text.split(/\n## /)[0] ?? '';
}

describe('the documents', () => {
  it.each(documents)('%s links to what is there', (path) => {
    expect(brokenLinks(path)).toEqual([]);
  });

  it.each(documents)('%s names no file or command that is not there', (path) => {
    const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);
    const text = read(path);
    const commands = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
    expect(commands.filter((name) => !scripts.includes(name))).toEqual([]);
    const files = [...text.matchAll(/`((?:src|test|docs|examples|scripts)\/[\w./-]+\.\w+)`/g)].map(
      ([, name = '']) => name,
    );
    expect(files.filter((name) => !existsSync(join(root, name)))).toEqual([]);
  });

  it.each(['README.md', 'docs/partner-guide.md'])('%s has every error code, and no other', (path) => {
    const heading = path === 'README.md' ? 'When something goes wrong' : 'Errors and what to do';
    const codes = membersOf('src/errors.ts', 'ErrorCode');
    expect(codes.length).toBeGreaterThan(10);
    expect(new Set(codeInFirstCells(section(path, heading)))).toEqual(new Set(codes));
  });

  it('has every region in the partner guide, in the order of the drop-down', () => {
    const text = section('docs/partner-guide.md', 'Ask your customers for their project');
    const rows = text.split('\n').filter((line) => /^\| `\w\w` /.test(line));
    expect(rows.map((row) => [...row.matchAll(/`([^`]+)`/g)].map(([, code]) => code))).toEqual(
      regions.map(({ code, host, aliases }) => [code, host, ...aliases]),
    );
  });
});

describe('the architecture', () => {
  it('has the layers of the test that asserts them, in its order', () => {
    const source = read('test/architecture/imports.test.ts');
    const layers = [...source.matchAll(/^ {2}\['([\w ]+)', \(path\)/gm)].map(([, name]) => name);
    const text = section('docs/architecture.md', 'Layers');
    const rows = [...text.matchAll(/^\| ([a-z ]+?) +\| `/gm)].map(([, name]) => name);
    expect(layers.length).toBeGreaterThan(5);
    expect(rows).toEqual(layers);
  });
});
