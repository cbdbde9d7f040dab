/**
 * What is killed: producers that add events and say so, and a delivery, over one file. Without producers it delivers until
 * nothing is left, and ends.
 */
import { AttributionClient, type CredentialsInput } from 'clevertap-attribution';
import { Outbox, sqliteQueue } from 'clevertap-attribution/outbox';

const [path = '', baseUrl = '', run = '', producers = '0', inFlight = '32'] = process.argv.slice(2);
const projects = JSON.parse(process.env['PROJECTS'] ?? '[]') as CredentialsInput[];

const client = new AttributionClient({ partnerName: 'airbridge', baseUrl });
const outbox = new Outbox({
  client,
  queue: sqliteQueue({ path, pollMs: 50 }),
  credentials: (projectId) => projects.find((each) => each.projectId === projectId),
  concurrency: Number(inFlight),
  perProject: Number(inFlight),
  // What a killed run had is due again before long.
  leaseMs: 1_000,
});
await outbox.start();

async function produce(producer: number): Promise<never> {
  for (let number = 0; ; number += 1) {
    const id = `${run}-${producer}-${number}`;
    const projectId = projects[number % projects.length]?.projectId;
    const event = { type: 'custom', name: 'Checkout', deviceIdentifier: '__g1', platform: 'android' } as const;
    await outbox.add({ ...event, params: { id } }, { projectId, id });
    // Written before this returns, into a pipe: what a reader has of it was accepted.
    process.stdout.write(`${id}\n`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

if (Number(producers) > 0) {
  await Promise.all(Array.from({ length: Number(producers) }, (_, producer) => produce(producer)));
}
for (;;) {
  const { ready, delayed, leased } = await outbox.stats();
  if (ready + delayed + leased === 0) break;
  await new Promise((resolve) => setTimeout(resolve, 50));
}
const { dead } = await outbox.stats();
process.stdout.write(`dead letters: ${dead}\n`);
await outbox.close();
await client.close();
