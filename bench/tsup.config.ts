import { defineConfig } from 'tsup';

/** Compiled ahead, so that no loader sits in the processes that are measured. */
export default defineConfig({
  entry: { run: 'bench/run.ts', child: 'bench/process/child.ts' },
  outDir: 'bench/dist',
  format: 'esm',
  target: 'node20',
  platform: 'node',
  clean: true,
  sourcemap: true,
  // The package itself included: what is measured is its build.
  skipNodeModulesBundle: true,
});
