import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { growthOf } from '../../scripts/soak/growth.js';

const root = join(import.meta.dirname, '../..');

describe('growth', () => {
  const tolerance = { share: 0.1, absolute: 1 };
  const noisy = (base: (index: number) => number) =>
    Array.from({ length: 60 }, (_, index) => base(index) + (index % 7));

  it('is seen where a figure climbs, however it moves on the way', () => {
    expect(
      growthOf(
        noisy((index) => 100 + index),
        tolerance,
      ),
    ).toMatchObject({ grows: true });
    expect(
      growthOf(
        noisy((index) => (index < 40 ? 100 : 115)),
        tolerance,
      ),
    ).toMatchObject({ grows: true });
  });

  it('is not seen in what moves, peaks or falls', () => {
    expect(
      growthOf(
        noisy(() => 100),
        tolerance,
      ),
    ).toMatchObject({ grows: false });
    expect(
      growthOf(
        noisy((index) => (index === 50 ? 10_000 : 100)),
        tolerance,
      ),
    ).toMatchObject({ grows: false });
    expect(
      growthOf(
        noisy((index) => 200 - index),
        tolerance,
      ),
    ).toMatchObject({ grows: false });
  });

  it('allows what the tolerance says, and no more', () => {
    const stepTo = (last: number) => [...Array<number>(6).fill(100), ...Array<number>(3).fill(last)];
    expect(growthOf(stepTo(111), tolerance)).toMatchObject({ medians: [100, 100, 111], grows: false });
    expect(growthOf(stepTo(111.5), tolerance)).toMatchObject({ grows: true });
  });

  it('is not judged by a few samples', () => {
    expect(() => growthOf([1, 2, 3], tolerance)).toThrow('too few');
  });
});

it('soaks for some seconds: nothing grows, nothing is lost, nothing is left', async () => {
  const args = ['--import', 'tsx', 'scripts/run-bundled.ts', 'scripts/soak.ts', '--seconds', '10'];
  const soak = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, [code]] = await Promise.all([text(soak.stdout), once(soak, 'close') as Promise<[number | null]>]);
  expect(output.split('\n').filter((line) => line.startsWith('FAIL'))).toEqual([]);
  expect(code).toBe(0);
  expect(output).toMatch(/^ok {3}outbox: added \d+/m);
}, 90_000);
