import { describe, expect, it, vi } from 'vitest';
import { ProjectDirectory } from '../../src/forward/project-directory.js';

interface Found {
  readonly id: string;
  readonly version: number;
}

function newDirectory(later = false) {
  let version = 0;
  const lookUp = vi.fn((id: string): Found | Promise<Found> => {
    version += 1;
    return later ? Promise.resolve({ id, version }) : { id, version };
  });
  return { directory: new ProjectDirectory<Found>(lookUp), lookUp };
}

describe('a project', () => {
  it('is looked up once', () => {
    const { directory, lookUp } = newDirectory();
    expect(directory.get('A')).toEqual({ id: 'A', version: 1 });
    expect(directory.get('A')).toBe(directory.get('A'));
    expect(directory.get('B')).toEqual({ id: 'B', version: 2 });
    expect(lookUp.mock.calls).toEqual([['A'], ['B']]);
  });

  it('is looked up once, also by those who ask while that lasts, and is there at once afterwards', async () => {
    const { directory, lookUp } = newDirectory(true);
    const answers = await Promise.all([directory.get('A'), directory.get('A')]);
    expect(answers[0]).toBe(answers[1]);
    expect(directory.get('A')).toBe(answers[0]);
    expect(lookUp).toHaveBeenCalledTimes(1);
  });

  it('is looked up again when its lookup failed', async () => {
    const lookUp = vi.fn<(id: string) => Found | Promise<Found>>();
    const directory = new ProjectDirectory(lookUp);
    lookUp.mockImplementationOnce(() => {
      throw new Error('now');
    });
    expect(() => directory.get('A')).toThrow('now');
    lookUp.mockImplementationOnce(() => Promise.reject(new Error('later')));
    await expect(directory.get('A')).rejects.toThrow('later');
    lookUp.mockImplementationOnce(() => ({ id: 'A', version: 3 }));
    expect(directory.get('A')).toEqual({ id: 'A', version: 3 });
    expect(lookUp).toHaveBeenCalledTimes(3);
  });

  it('is looked up again when it was forgotten', () => {
    const { directory } = newDirectory();
    const first = directory.get('A') as Found;
    directory.forget('A', first);
    expect(directory.get('A')).toEqual({ id: 'A', version: 2 });
  });

  it('is not forgotten on account of an older one', () => {
    const { directory, lookUp } = newDirectory();
    const old = directory.get('A') as Found;
    directory.forget('A', old);
    const fresh = directory.get('A');
    directory.forget('A', old);
    expect(directory.get('A')).toBe(fresh);
    expect(lookUp).toHaveBeenCalledTimes(2);
  });

  it('that is forgotten while it is looked up does not come back with the old answer', async () => {
    const { directory } = newDirectory(true);
    const pending = directory.get('A');
    directory.forget('A', pending);
    const fresh = directory.get('A');
    await pending;
    expect(await directory.get('A')).toBe(await fresh);
    expect(await fresh).toMatchObject({ version: 2 });
  });
});

it('keeps 10,000 projects, and drops the one that was looked up longest ago', () => {
  const { directory, lookUp } = newDirectory();
  for (let index = 0; index <= 10_000; index += 1) void directory.get(`P${index}`);
  void directory.get('P1');
  expect(lookUp).toHaveBeenCalledTimes(10_001);
  void directory.get('P0');
  expect(lookUp).toHaveBeenCalledTimes(10_002);
});
