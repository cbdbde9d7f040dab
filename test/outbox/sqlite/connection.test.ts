import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { prepareConnection } from '../../../src/outbox/sqlite/connection.js';
import { readPragma, type Database } from '../../../src/outbox/sqlite/database.js';
import { migrate } from '../../../src/outbox/sqlite/schema.js';
import { sqliteQueue } from '../../../src/outbox/sqlite/sqlite-queue.js';
import { bundleScript } from './bundled-script.js';
import { Child } from './child.js';
import { openRaw } from './raw-database.js';
import { workFolder } from './work-folder.js';

const folder = await workFolder();

const prepare = (database: Database): void => prepareConnection(database, 10_000, () => 1_000_000);

it('waits for another process that is just making the file', async () => {
  const path = join(folder, 'locked.db');
  const other = openRaw(path);
  other.exec('BEGIN EXCLUSIVE');
  const queue = sqliteQueue({ path });
  const stats = queue.stats();
  // Only so long that it has come to the lock; sooner, it would find none.
  setTimeout(() => other.exec('ROLLBACK'), 200);
  expect(await stats).toMatchObject({ ready: 0 });
  await queue.close();
  other.close();
});

it('writes no more than one page of a file that is an outbox already', () => {
  const path = join(folder, 'again.db');
  const first = openRaw(path);
  prepare(first);
  const loggedBytes = () => statSync(`${path}-wal`).size;
  const before = loggedBytes();
  const second = openRaw(path);
  prepare(second);
  const [header, page] = [24, 4_096];
  expect(loggedBytes() - before).toBe(header + page);
  expect(readPragma(second, 'auto_vacuum')).toBe(2);
  second.close();
  first.close();
});

it('does not take the file for somebody else’s while another process makes it its own', () => {
  const path = join(folder, 'migrated.db');
  const [own, other] = [openRaw(path), openRaw(path)];
  other.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = WAL');
  const interrupted: Database = {
    exec: (sql) => own.exec(sql),
    close: () => own.close(),
    prepare(sql) {
      const statement = own.prepare(sql);
      return {
        run: (...values) => statement.run(...values),
        all: (...values) => statement.all(...values),
        get(...values) {
          const row = statement.get(...values);
          if (sql === 'PRAGMA application_id') migrate(other);
          return row;
        },
      };
    },
  };
  expect(() => prepare(interrupted)).not.toThrow();
  own.close();
  other.close();
});

it('opens a new file for eight processes at once', async () => {
  const path = join(folder, 'together.db');
  const script = await bundleScript('lifetime-process-main.ts', folder);
  const children = Array.from({ length: 8 }, () => new Child(script, [path]));
  expect(await Promise.all(children.map((child) => child.ended()))).toEqual(Array(8).fill(0));
  const queue = sqliteQueue({ path });
  // All of them store the same id.
  expect(await queue.stats()).toMatchObject({ ready: 1 });
  await queue.close();
}, 60_000);
