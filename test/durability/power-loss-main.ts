/**
 * What is recorded: events that are stored, delivered, put off and given up over one file, which is closed and opened again
 * meanwhile. It notes in a file what was promised: `A <id>` once an event is accepted, `S <id>` before one may be gone.
 */
import { openSync, writeSync } from 'node:fs';
import { sqliteQueue } from 'clevertap-attribution/outbox';

const [path = '', notesPath = '', sessions = '3', events = '600'] = process.argv.slice(2);
const notes = openSync(notesPath, 'a');
const payload = 'x'.repeat(400);

async function session(number: number): Promise<void> {
  const queues = [sqliteQueue({ path, pollMs: 20 }), sqliteQueue({ path, pollMs: 20 })];
  const each = Number(events) / 2;
  await Promise.all(
    queues.map(async (queue, index) => {
      let handled = 0;
      await queue.consume(
        ({ id }) => {
          handled += 1;
          // Every fifth stays, as a dead letter or for later.
          if (handled % 10 === 0) return Promise.resolve({ kind: 'dead', reason: 'it cannot be accepted' });
          if (handled % 10 === 5)
            return Promise.resolve({ kind: 'retry', at: Date.now() + 3_600_000, reason: 'later' });
          writeSync(notes, `S ${id}\n`);
          return Promise.resolve({ kind: 'delivered' });
        },
        { concurrency: 4, leaseMs: 30_000 },
      );
      let next = 0;
      const produce = async (): Promise<void> => {
        while (next < each) {
          const id = `${number}-${index}-${(next += 1)}`;
          await queue.enqueue([{ id, named: true, partition: `P${next % 3}`, payload }]);
          writeSync(notes, `A ${id}\n`);
        }
      };
      await Promise.all(Array.from({ length: 8 }, produce));
    }),
  );
  // Space is given back when nothing was asked for in a second.
  if (number === 0) await new Promise((resolve) => setTimeout(resolve, 1_300));
  for (const queue of queues) await queue.close();
}

for (let number = 0; number < Number(sessions); number += 1) await session(number);
