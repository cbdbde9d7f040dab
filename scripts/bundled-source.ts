/**
 * `import source from './file.js?source'` gives a module with all that it imports as the text of one script.
 *
 * The library starts its worker thread from such a text: a file of its own would get lost when users bundle the library.
 */
import { dirname, join, relative, resolve } from 'node:path';
import { build as bundle, type Plugin } from 'esbuild';

const SUFFIX = '?source';

function entryOf(specifier: string, importer: string): string {
  return join(dirname(importer), specifier.slice(0, -SUFFIX.length).replace(/\.js$/, '.ts'));
}

/** Bundles a module into the text of one CommonJS script. */
export async function bundleSource(entry: string): Promise<{ text: string; files: readonly string[] }> {
  const { outputFiles, metafile } = await bundle({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
  });
  const files = Object.keys(metafile.inputs);
  const foreign = files.find((file) => file.includes('node_modules'));
  if (foreign !== undefined)
    throw new Error(`${foreign} would be bundled into a text, where its licence is not listed`);
  return { text: outputFiles[0]?.text ?? '', files };
}

/** For esbuild, and so for tsup. */
export function bundledSource(): Plugin {
  return {
    name: 'bundled-source',
    setup(build) {
      build.onResolve({ filter: /\?source$/ }, ({ path, importer }) => ({
        // Source maps name it, and the folders of this machine are nobody's business.
        path: relative(process.cwd(), entryOf(path, importer)),
        namespace: 'bundled-source',
      }));
      build.onLoad({ filter: /.*/, namespace: 'bundled-source' }, async ({ path }) => {
        const { text, files } = await bundleSource(resolve(path));
        return { contents: text, loader: 'text', watchFiles: [...files] };
      });
    },
  };
}

/** For Vite, and so for vitest. */
export function viteBundledSource() {
  return {
    name: 'bundled-source',
    enforce: 'pre' as const,
    resolveId(specifier: string, importer: string | undefined): string | undefined {
      if (!specifier.endsWith(SUFFIX) || importer === undefined) return undefined;
      return `\0${entryOf(specifier, importer)}${SUFFIX}`;
    },
    async load(id: string): Promise<string | undefined> {
      if (!id.startsWith('\0') || !id.endsWith(SUFFIX)) return undefined;
      const { text } = await bundleSource(id.slice(1, -SUFFIX.length));
      return `export default ${JSON.stringify(text)};`;
    },
  };
}
