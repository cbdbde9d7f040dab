import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesLoadedBy, FIGURE_NAMES } from '../../scripts/package-figures.js';
import { compareWithLimits, LIMITS } from '../../scripts/package-limits.js';

describe('the limits of what the package may weigh', () => {
  it('hold every figure, up to the limit itself', () => {
    const comparisons = compareWithLimits(LIMITS);
    expect(comparisons).toHaveLength(Object.keys(FIGURE_NAMES).length);
    expect(comparisons.filter(({ isOver }) => isOver)).toEqual([]);
  });

  it('name what is over them, and nothing else', () => {
    const figures = { ...LIMITS, imported: LIMITS.imported + 1_000, packages: LIMITS.packages + 1 };
    const over = compareWithLimits(figures).filter(({ isOver }) => isOver);
    expect(over.map(({ line }) => line)).toEqual([
      `main entry as an ES module: ${LIMITS.imported / 1000 + 1} kB of ${LIMITS.imported / 1000} kB, too much`,
      `packages installed: ${LIMITS.packages + 1} of ${LIMITS.packages}, too much`,
    ]);
  });
});

describe('what an entry loads', () => {
  it('is its file and each file that it imports, once, in either kind of module', () => {
    const folder = mkdtempSync(join(tmpdir(), 'clevertap-attribution-entry-'));
    try {
      const texts = {
        'index.js': `import { b } from './chunk.js';\nexport * from "./more.js";\nimport 'zod';`,
        'chunk.js': `import './more.js'; import('undici');`,
        'more.js': `import './chunk.js'; export {};`,
        'index.cjs': `const a = require('./more.js');`,
        'alone.js': `import 'zod';`,
      };
      for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
      const bytes = (...names: (keyof typeof texts)[]) => names.reduce((sum, name) => sum + texts[name].length, 0);
      expect(bytesLoadedBy(join(folder, 'index.js'))).toBe(bytes('index.js', 'chunk.js', 'more.js'));
      expect(bytesLoadedBy(join(folder, 'index.cjs'))).toBe(bytes('index.cjs', 'more.js', 'chunk.js'));
      expect(bytesLoadedBy(join(folder, 'alone.js'))).toBe(bytes('alone.js'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
