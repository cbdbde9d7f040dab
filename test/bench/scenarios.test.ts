import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { FigureGroup } from '../../bench/figure.js';
import { root } from '../../bench/process/start-process.js';
import { scenarios } from '../../bench/scenarios/scenarios.js';
import { targets } from '../../bench/targets.js';

interface Measured {
  readonly provenance: string;
  readonly groups: readonly FigureGroup[];
}

async function runBench(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'bench/dist/run.js'), ...args]);
  return stdout;
}

const seen = new Set<string>();
let measured = 0;

it.each(scenarios.map(({ name }) => name))(
  'measures %s',
  async (name) => {
    const { groups } = JSON.parse(await runBench('--tiny', '--json', name)) as Measured;
    const figures = groups.flatMap((group) => group.figures);
    measured += 1;
    expect(figures.length).toBeGreaterThan(0);
    for (const { id, label, samples } of figures) {
      expect(seen.has(id), `${id} is there twice`).toBe(false);
      seen.add(id);
      expect(samples.length, label).toBeGreaterThan(0);
      // Whatever the machine is busy with: that there is a figure is all that is asked.
      for (const sample of samples) expect(sample, label).not.toBeNull();
    }
  },
  120_000,
);

it('has a figure for each target', ({ skip }) => {
  skip(measured < scenarios.length, 'only some scenarios were run');
  const hasCompiler = spawnSync('cc', ['--version']).status === 0;
  // A slow disk is made with a library that is compiled for it.
  const wanted = Object.keys(targets).filter((id) => hasCompiler || !id.startsWith('outbox-slow-'));
  expect(wanted.filter((id) => !seen.has(id))).toEqual([]);
});

it('says what it can do', async () => {
  const help = await runBench('--help');
  for (const { name } of scenarios) expect(help).toContain(name);
});

it('refuses what it does not know', async () => {
  await expect(runBench('no-such-scenario')).rejects.toThrow('no scenario "no-such-scenario"');
  await expect(runBench('--rounds', '0')).rejects.toThrow('--rounds must be a whole number');
  await expect(runBench('codec', '--markdown')).rejects.toThrow('never partial');
});
