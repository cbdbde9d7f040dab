import { relative } from 'node:path';
import { BaseSequencer, type Reporter, type TestModule, type TestSpecification, type Vitest } from 'vitest/node';
import { defineConfig } from 'vitest/config';
import { viteBundledSource } from './scripts/bundled-source.js';

/** Runs the test file of the mutated source first: it most often ends the run. */
class MirroringTestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const mutated = this.ctx.config.related?.[0];
    if (mutated === undefined) return super.sort(files);
    const mirroring = relative(this.ctx.config.root, mutated).replace(/^src(.*)\.ts$/, 'test$1.test.ts');
    const isOther = (file: TestSpecification) => Number(!file.moduleId.endsWith(mirroring));
    return [...files].sort((one, other) => isOther(one) - isOther(other));
  }
}

/** Tells Stryker of a test file that a mutant keeps from loading; it only looks at tests, and there are none then. */
class LoadErrors implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestModuleEnd(module: TestModule): void {
    for (const error of module.errors()) this.#vitest?.state.catchError(error, 'Load Error');
    // Not waited for, as it ends when this has returned.
    if (module.errors().length > 0) void this.#vitest?.cancelCurrentRun('test-failure');
  }
}

// The tests that `npm run mutate` runs against each mutant: those of the two mutated folders. They load src/ itself, are quick, and
// say the same each time.
export default defineConfig({
  plugins: [viteBundledSource()],
  test: {
    include: ['test/contract/**/*.test.ts', 'test/delivery/**/*.test.ts'],
    setupFiles: ['test/support/fixed-seed.ts', 'test/support/canary-watch.ts'],
    sequence: { sequencer: MirroringTestFirst },
    reporters: [new LoadErrors()],
    // Counting what is reached makes some tests many times slower; what hangs is ended by Stryker.
    testTimeout: 60_000,
  },
});
