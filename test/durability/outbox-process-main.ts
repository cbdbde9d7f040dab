/**
 * A process with an outbox: producers that add events and say so, and a delivery, over a file or on Redis. Once its producers
 * have added all, it delivers until nothing is left, and ends.
 */
import { AttributionClient, type CredentialsInput } from 'clevertap-attribution';
import { bullmqQueue } from 'clevertap-attribution/bullmq';
import { Outbox, sqliteQueue } from 'clevertap-attribution/outbox';
import type { OutboxProcessTask } from './outbox-process.js';

const { store, baseUrl, run, producers, each, inFlight, leaseMs, ...task } = JSON.parse(
  process.env['TASK'] ?? '{}',
) as OutboxProcessTask;
// The same type, of the sources there and of the built package here.
const projects = task.projects as readonly unknown[] as CredentialsInput[];

const client = new AttributionClient({ partnerName: 'airbridge', baseUrl });
const outbox = new Outbox({
  client,
  queue: store.startsWith('redis:') ? bullmqQueue({ connection: store }) : sqliteQueue({ path: store, pollMs: 50 }),
  credentials: (projectId) => projects.find((project) => project.projectId === projectId),
  concurrency: inFlight,
  perProject: inFlight,
  leaseMs,
});
await outbox.start();

async function produce(producer: number): Promise<void> {
  for (let number = 0; number < (each ?? Infinity); number += 1) {
    const id = `${run}-${producer}-${number}`;
    const projectId = projects[number % projects.length]?.projectId;
    const event = { type: 'custom', name: 'Checkout', deviceIdentifier: '__g1', platform: 'android' } as const;
    await outbox.add({ ...event, params: { id } }, { projectId, id });
    // Written before this returns, into a pipe: what a reader has of it was accepted.
    process.stdout.write(`${id}\n`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

await Promise.all(Array.from({ length: producers }, (_, producer) => produce(producer)));
for (;;) {
  const { ready, delayed, leased } = await outbox.stats();
  if (ready + delayed + leased === 0) break;
  await new Promise((resolve) => setTimeout(resolve, 50));
}
const { dead } = await outbox.stats();
process.stdout.write(`dead letters: ${dead}\ndelivered: ${outbox.counters().delivered}\n`);
await outbox.close();
await client.close();
