import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const folder = new URL('../../src/testing/', import.meta.url);

it('loads neither undici nor msw', async () => {
  const hook = `export const resolve = (name, context, next) => {
    if (/^(undici|msw)/.test(name)) throw new Error('it was loaded: ' + name);
    return next(name, context);
  }`;
  const script = `
    const { register } = await import('node:module');
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}));
    const emulator = (await import('./src/testing/index.ts')).createEmulator();
    emulator.dispatcher();
    console.log('the emulator works');
    await import('undici').catch(({ message }) => console.log(message));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--import', 'tsx', '--input-type=module', '--eval'],
    script,
  ]);
  expect(stdout).toBe('the emulator works\nit was loaded: undici\n');
});

it('imports the contract, the errors, zod and Node, nothing else', async () => {
  const allowed = /^(\.\/[\w-]+\.js|\.\.\/contract\/[\w-]+\.js|\.\.\/errors\.js|zod|node:[\w/]+)$/;
  const typesOnly = ['undici', '../outbox/queue.js'];
  for (const name of await readdir(folder)) {
    const source = await readFile(new URL(name, folder), 'utf8');
    const imports = [...source.matchAll(/^(?:import|export)\s+(type\s+)?[^;]*?from '([^']+)';/gm)];
    for (const [, type, from = ''] of imports) {
      if (type === undefined || !typesOnly.includes(from)) expect(from, name).toMatch(allowed);
    }
    expect(source, name).not.toMatch(/\bimport\(/);
  }
});
