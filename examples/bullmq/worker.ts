/**
 * Delivers what the service has added. Run as many as you need, on as many machines: no event is handed to two of them.
 *
 * Environment: `REDIS_URL`, `CREDENTIALS` (a file with an array of credentials, readable by its owner only), and `BASE_URL`
 * (CleverTap by default).
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { AttributionClient, parseCredentials, type CredentialsInput } from 'clevertap-attribution';
import { bullmqQueue } from 'clevertap-attribution/bullmq';
import { Outbox } from 'clevertap-attribution/outbox';

const { REDIS_URL = 'redis://127.0.0.1:6379', CREDENTIALS = 'projects.json', BASE_URL } = process.env;

/** Stands for your store. It is read whenever a project's credentials are asked for, so that new ones are found. */
async function credentials(projectId: string) {
  const all = JSON.parse(await readFile(CREDENTIALS, 'utf8')) as CredentialsInput[];
  return all.map((each) => parseCredentials(each)).find((each) => each.projectId === projectId);
}

const client = new AttributionClient({ partnerName: 'airbridge', baseUrl: BASE_URL });
const outbox = new Outbox({
  client,
  // Trouble that no call reports: Redis is away, or an outcome came too late.
  queue: bullmqQueue({ connection: REDIS_URL, onError: ({ message }) => console.error(message) }),
  credentials,
});
await outbox.start();
console.log('delivering');

await once(process, 'SIGTERM');
// What is out ends, or is handed back: due at once, to the other workers.
const { handedBack } = await outbox.close({ timeoutMs: 20_000 });
await client.close();
console.log(`${outbox.counters().delivered} delivered, ${handedBack} handed back`);
