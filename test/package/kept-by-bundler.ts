import { SourceMap } from 'node:module';
import { build } from 'esbuild';

/** What is left of an import once a bundler has dropped what is not needed. */
export interface Kept {
  /** Files of this package's `src/`, without their extension. */
  readonly sources: readonly string[];
  /** Packages, this one excluded. */
  readonly packages: readonly string[];
}

/** Bundles a user's ES module, standing in a folder, with everything that it imports. */
export async function keptByBundler(code: string, folder: string): Promise<Kept> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: folder },
    outdir: folder,
    bundle: true,
    write: false,
    metafile: true,
    sourcemap: true,
    platform: 'node',
    format: 'esm',
  });
  const [map, bundle] = outputFiles;
  if (map === undefined || bundle === undefined) throw new Error('there is no bundle with a source map');
  return {
    sources: sourcesOf(bundle.text, JSON.parse(map.text) as ConstructorParameters<typeof SourceMap>[0]),
    packages: packagesIn(Object.values(metafile.outputs).flatMap(({ inputs }) => filesWithBytes(inputs))),
  };
}

/** Names of the packages, this one excluded, that files belong to. */
export function packagesIn(paths: readonly string[]): string[] {
  const names = paths.map((path) => /^.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  return [
    ...new Set(names.filter((name) => name !== undefined && name !== 'clevertap-attribution')),
  ].sort() as string[];
}

function filesWithBytes(inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>): string[] {
  return Object.entries(inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path);
}

/** Files of `src/` that lines of a bundle go back to, by the source maps that the package brings. */
function sourcesOf(bundle: string, payload: ConstructorParameters<typeof SourceMap>[0]): string[] {
  const map = new SourceMap(payload);
  const sources = new Set<string>();
  bundle.split('\n').forEach((line, index) => {
    const origin = map.findEntry(index, line.search(/\S|$/));
    const source =
      'originalSource' in origin ? /clevertap-attribution\/src\/(.*)\.ts$/.exec(origin.originalSource) : null;
    if (source?.[1] !== undefined) sources.add(source[1]);
  });
  return [...sources].sort();
}
