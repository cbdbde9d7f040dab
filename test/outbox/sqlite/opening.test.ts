import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Queue } from '../../../src/outbox/queue.js';
import { SCHEMA_VERSION } from '../../../src/outbox/sqlite/schema.js';
import { sqliteQueue } from '../../../src/outbox/sqlite/sqlite-queue.js';
import { failureOf } from '../../support/failure-of.js';
import { openRaw } from './raw-database.js';
import { item, someItems } from './store-fixture.js';
import { workFolder } from './work-folder.js';

const folder = await workFolder();
const queues: Queue[] = [];
let files = 0;

function newPath(): string {
  return join(folder, `file-${(files += 1)}.db`);
}

function open(path: string): Queue {
  const queue = sqliteQueue({ path, lockTimeoutMs: 500 });
  queues.push(queue);
  return queue;
}

afterEach(async () => {
  await Promise.all(queues.splice(0).map((queue) => queue.close()));
});

describe('a file that cannot be an outbox', () => {
  it('is refused if it is a database of something else', async () => {
    const path = newPath();
    const database = openRaw(path);
    database.exec('CREATE TABLE customers (name TEXT)');
    database.close();
    const error = await failureOf(open(path).enqueue([item('a')]));
    expect(error).toMatchObject({
      code: 'storage',
      message: expect.stringContaining('database of something else') as string,
    });
    const after = openRaw(path);
    expect(after.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'customers' }]);
    after.close();
  });

  it('is refused if a newer version has written it, and told how to go on', async () => {
    const path = newPath();
    await open(path).enqueue([item('a')]);
    await queues.pop()?.close();
    const database = openRaw(path);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    database.close();
    const error = await failureOf(open(path).stats());
    expect(error).toMatchObject({
      code: 'storage',
      message: expect.stringContaining('update clevertap-attribution') as string,
    });
  });

  it('is refused if it is no database at all', async () => {
    const path = newPath();
    writeFileSync(path, 'id,projectId\n'.repeat(1_000), { mode: 0o600 });
    const error = await failureOf(open(path).stats());
    expect(error).toMatchObject({
      code: 'storage',
      message: expect.stringContaining('not an SQLite database') as string,
    });
  });

  it('is refused if it is a folder, or lies in a folder that is not there, until that is there', async () => {
    expect(await failureOf(open(folder).stats())).toMatchObject({
      code: 'storage',
      message: expect.stringContaining('it is a folder') as string,
    });
    const missing = join(folder, 'missing');
    const queue = open(join(missing, 'outbox.db'));
    expect(await failureOf(queue.stats())).toMatchObject({
      code: 'storage',
      message: expect.stringContaining(`make the folder ${missing} first`) as string,
    });
    mkdirSync(missing);
    expect((await queue.enqueue([item('a')])).added).toEqual(['a']);
  });

  it('says that it is damaged where it is read or written, and stays as it is', async () => {
    const path = newPath();
    const queue = open(path);
    await queue.enqueue(someItems(500));
    await queue.close();
    const size = statSync(path).size;
    const file = openSync(path, 'r+');
    // All pages but the first, which holds the schema.
    writeSync(file, Buffer.alloc(size - 4_096, 0x5a), 0, size - 4_096, 4_096);
    closeSync(file);
    const error = await failureOf(open(path).enqueue([item('a')]));
    expect(error).toMatchObject({ code: 'storage', message: expect.stringContaining('damaged') as string });
  });
});

describe.skipIf(process.platform === 'win32')('the permissions of the file and those beside it', () => {
  function modesOf(path: string): string[] {
    return ['', '-wal', '-shm'].map((suffix) => (statSync(path + suffix).mode & 0o777).toString(8));
  }

  it('are for the owner alone', async () => {
    const path = newPath();
    await open(path).enqueue([item('a')]);
    expect(modesOf(path)).toEqual(['600', '600', '600']);
  });

  it('are warned of where they are wider', async () => {
    const path = newPath();
    writeFileSync(path, '');
    chmodSync(path, 0o644);
    const warnings: string[] = [];
    const listen = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', listen);
    await open(path).stats();
    await open(path).stats();
    process.off('warning', listen);
    expect(warnings).toEqual([expect.stringContaining(`chmod 600`) as string]);
  });

  it('are nobody’s business where the file is no outbox', async () => {
    const path = newPath();
    writeFileSync(path, 'type,name\n'.repeat(1_000));
    chmodSync(path, 0o644);
    const warnings: string[] = [];
    const listen = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', listen);
    await expect(open(path).stats()).rejects.toThrow();
    // A warning is given at the next tick.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(warnings).toEqual([]);
  });
});

it('rejects while another process keeps the file locked, and goes on afterwards', async () => {
  const path = newPath();
  const queue = open(path);
  await queue.enqueue([item('a')]);
  const other = openRaw(path);
  other.exec('BEGIN IMMEDIATE');
  const failures = await Promise.all([failureOf(queue.enqueue([item('b')])), failureOf(queue.enqueue([item('c')]))]);
  for (const failure of failures) {
    expect(failure).toMatchObject({
      code: 'storage',
      retryable: true,
      message: expect.stringContaining('locked') as string,
    });
  }
  other.exec('ROLLBACK');
  other.close();
  expect((await queue.enqueue([item('b')])).added).toEqual(['b']);
});

it('leaves nothing beside the file when it is closed', async () => {
  const path = newPath();
  const queue = open(path);
  await queue.enqueue([item('a')]);
  await queue.close();
  expect(existsSync(`${path}-wal`)).toBe(false);
  expect(await failureOf(queue.stats())).toMatchObject({ code: 'closed' });
});

it('refuses items that no engine could keep', async () => {
  const wrong = { ...item('a'), id: '', payload: Symbol('x') } as never;
  expect(await failureOf(open(newPath()).enqueue([item('b'), wrong]))).toMatchObject({
    code: 'validation',
    issues: [
      { path: [1, 'id'], message: 'must be a string that is not empty' },
      { path: [1, 'payload'], message: 'must be a string that is not empty' },
    ],
  });
});
