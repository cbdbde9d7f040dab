import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPackedProject, type PackedProject } from './packed-project.js';

let project: PackedProject;

beforeAll(async () => {
  project = await createPackedProject();
}, 60_000);

afterAll(() => project[Symbol.asyncDispose]());

const EVENT = `{
  type: 'inorganic_install', deviceIdentifier: '__g1234abc', platform: 'android',
  utmSource: 'google', utmMedium: 'cpc', utmCampaign: 'summer-sale',
}`;

const CREDENTIALS = `{ projectId: 'TEST-1', projectToken: 'token-1', projectPasscode: 'passcode-1', region: 'in' }`;

/** Sends an event that is delivered after a 503 (so that the bundled p-retry runs), and one that is refused. */
const CALL = `
async function main() {
  const emulator = await startEmulator({ accounts: [${CREDENTIALS}], partners: ['airbridge'] });
  emulator.faults.add({ kind: 'status', status: 503, times: 1 });
  const client = new AttributionClient({
    partnerName: 'airbridge', credentials: ${CREDENTIALS}, baseUrl: emulator.baseUrl, retry: { initialDelayMs: 1 },
  });
  const { confirmed, attempts } = await client.send(${EVENT});
  const wrong = client.project({ ...${CREDENTIALS}, projectPasscode: 'wrong' });
  const code = await wrong.send(${EVENT}).catch((error) => error instanceof AuthenticationError && error.code);
  await client.close();
  await emulator.close();
  console.log(JSON.stringify({ confirmed, attempts, code }));
}
main();
`;

const TYPED = `
import { AttributionClient, type AttributionEvent, type Delivery, isAttributionError } from 'clevertap-attribution';
import { startEmulator } from 'clevertap-attribution/testing';
export async function main(): Promise<Delivery> {
  const emulator = await startEmulator();
  const client = new AttributionClient({ partnerName: 'airbridge', baseUrl: emulator.baseUrl, utmPolicy: 'any' });
  const event: AttributionEvent<'any'> = { type: 'organic_install', deviceIdentifier: '__g1', platform: 'ios', utmSource: 's' };
  try {
    return await client.project(${CREDENTIALS}).send(event);
  } catch (error) {
    if (isAttributionError(error) && error.code === 'bad_request') console.log(error.reason, error.field);
    throw error;
  }
}
// @ts-expect-error an install needs all three UTM fields under the default policy
export const wrong: AttributionEvent = { type: 'organic_install', deviceIdentifier: '__g1', platform: 'ios', utmSource: 's' };
// @ts-expect-error only custom events have a name
export const named: AttributionEvent<'any'> = { type: 'organic_install', name: 'x', deviceIdentifier: '__g1', platform: 'ios', utmSource: 's' };
`;

const CALLED = { confirmed: true, attempts: 2, code: 'authentication' };

describe('the packed tarball', () => {
  const packageFolder = () => join(project.folder, 'node_modules/clevertap-attribution');

  it('holds the build, the licence and what there is to read, and nothing of the workshop', async () => {
    expect((await readdir(packageFolder())).sort()).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'dist',
      'docs',
      'examples',
      'package.json',
    ]);
  });

  it('holds every file that one of its texts links to', async () => {
    const names = await readdir(packageFolder(), { recursive: true });
    const texts = names.filter((name) => name.endsWith('.md') && !name.startsWith('dist'));
    expect(texts).toContain(join('docs', 'partner-guide.md'));
    for (const text of texts) {
      const content = await readFile(join(packageFolder(), text), 'utf8');
      for (const [, link = ''] of content.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g))
        expect(existsSync(join(packageFolder(), dirname(text), link)), `${text}: ${link}`).toBe(true);
    }
  });

  it('can be imported and called from an ES module', async () => {
    await project.write(
      'esm.mjs',
      `import { AttributionClient, AuthenticationError } from 'clevertap-attribution';
       import { startEmulator } from 'clevertap-attribution/testing';${CALL}`,
    );
    expect(JSON.parse(await project.node('esm.mjs'))).toEqual(CALLED);
  });

  it('can be required and called from CommonJS', async () => {
    await project.write(
      'cjs.cjs',
      `const { AttributionClient, AuthenticationError } = require('clevertap-attribution');
       const { startEmulator } = require('clevertap-attribution/testing');${CALL}`,
    );
    expect(JSON.parse(await project.node('cjs.cjs'))).toEqual(CALLED);
  });

  it.each(['mjs', 'cjs'])('says how to install BullMQ where its entry is used without it (%s)', async (kind) => {
    const load = (name: string) => (kind === 'mjs' ? `await import('${name}')` : `require('${name}')`);
    await project.write(
      `bullmq.${kind}`,
      `async function main() {
         const { bullmqQueue } = ${load('clevertap-attribution/bullmq')};
         const { StorageError } = ${load('clevertap-attribution')};
         const error = await bullmqQueue({ connection: 'redis://127.0.0.1:1' }).stats().catch((error) => error);
         console.log(JSON.stringify([error instanceof StorageError, error.message]));
       }
       main();`,
    );
    expect(JSON.parse(await project.node(`bullmq.${kind}`))).toEqual([
      true,
      'BullMQ is not installed; run: npm install bullmq ioredis',
    ]);
  });

  it('recognises errors and secrets of its other build', async () => {
    await project.write(
      'both.mjs',
      `import { createRequire } from 'node:module';
       import * as esm from 'clevertap-attribution';
       const cjs = createRequire(import.meta.url)('clevertap-attribution');
       const error = new cjs.RateLimitError('later');
       const secret = cjs.parseCredentials(${CREDENTIALS});
       console.log(JSON.stringify([
         error instanceof esm.RateLimitError, error instanceof esm.AttributionError, error instanceof esm.TimeoutError,
         esm.isAttributionError(error), esm.parseCredentials(secret).projectToken.reveal() === 'token-1',
       ]));`,
    );
    expect(JSON.parse(await project.node('both.mjs'))).toEqual([true, true, false, true, true]);
  });

  it.each(['esm', 'cjs'])('leaves the host’s global fetch alone (%s)', async (kind) => {
    const load = kind === 'esm' ? `await import('clevertap-attribution')` : `require('clevertap-attribution')`;
    await project.write(
      `fetch.${kind === 'esm' ? 'mjs' : 'cjs'}`,
      `const { createServer } = process.getBuiltinModule('node:http');
       async function main() {
         const dispatcher = Symbol.for('undici.globalDispatcher.1');
         const { AttributionClient } = ${load};
         const afterImport = globalThis[dispatcher];
         const server = createServer((request, response) => response.end('{"status":"success"}')).listen(0, '127.0.0.1');
         await new Promise((resolve) => server.once('listening', resolve));
         const url = 'http://127.0.0.1:' + server.address().port;
         const client = new AttributionClient({
           partnerName: 'airbridge', credentials: { ...${CREDENTIALS}, region: undefined }, baseUrl: url,
         });
         await client.send(${EVENT});
         const body = await (await fetch(url, { method: 'POST', body: 'x', headers: { 'content-length': '1' } })).text();
         await client.close();
         server.close();
         const [own] = await Promise.all([import('undici')]);
         console.log(JSON.stringify({
           untouched: afterImport === undefined, nodes: !(globalThis[dispatcher] instanceof own.Agent), body,
         }));
       }
       main();`,
    );
    const printed = JSON.parse(await project.node(`fetch.${kind === 'esm' ? 'mjs' : 'cjs'}`)) as unknown;
    expect(printed).toEqual({ untouched: true, nodes: true, body: '{"status":"success"}' });
  });

  it('keeps no process alive that only imports it and makes a client', async () => {
    await project.write(
      'idle.mjs',
      `import { AttributionClient } from 'clevertap-attribution';
       new AttributionClient({ partnerName: 'airbridge', credentials: ${CREDENTIALS} });
       process.on('exit', () => console.log('gone'));`,
    );
    expect(await project.node('idle.mjs')).toBe('gone\n');
  });

  it.each([
    ['node16', 'node16', ['ts', 'cts']],
    ['nodenext', 'nodenext', ['mts', 'cts']],
    ['esnext', 'bundler', ['ts']],
  ])(
    'has types that hold under module %s, resolution %s',
    async (module, resolution, extensions) => {
      const files = extensions.map((extension) => `types-${module}.${extension}`);
      for (const file of files) await project.write(file, TYPED);
      const flags = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node', '--exactOptionalPropertyTypes'];
      // Not skipLibCheck: the package's own declarations must hold as well.
      expect(await project.tsc(...flags, '--module', module, '--moduleResolution', resolution, ...files)).toBe('');
    },
    // A compiler at work, which on a busy machine takes its time.
    120_000,
  );
});
