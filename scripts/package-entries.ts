/** What users can import of the package, and the source file of each; `npm run entries` takes it to where else it stands. */
export const ENTRIES: Readonly<Record<string, string>> = {
  '.': 'src/index.ts',
  './bullmq': 'src/engines/bullmq/index.ts',
  './opentelemetry': 'src/opentelemetry/index.ts',
  './outbox': 'src/outbox/index.ts',
  './testing': 'src/testing/index.ts',
};

/** Source file of each entry by the name of its files in `dist/`. */
export function entrySources(): Record<string, string> {
  return Object.fromEntries(Object.entries(ENTRIES).map(([entry, source]) => [nameOf(entry), source]));
}

/** The fields of package.json that say where entries are: for whoever reads `exports`, and for TypeScript's old `node10`. */
export function entryFields(): { readonly exports: object; readonly typesVersions: object } {
  const names = Object.keys(ENTRIES).map((entry) => [entry, nameOf(entry)] as const);
  return {
    exports: {
      ...Object.fromEntries(
        names.map(([entry, name]) => [
          entry,
          {
            // The types come first: TypeScript takes what it finds first.
            import: { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
            require: { types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` },
          },
        ]),
      ),
      './package.json': './package.json',
    },
    typesVersions: {
      '*': Object.fromEntries(
        names.filter(([entry]) => entry !== '.').map(([, name]) => [name, [`./dist/${name}.d.ts`]]),
      ),
    },
  };
}

function nameOf(entry: string): string {
  return entry === '.' ? 'index' : entry.slice('./'.length);
}
