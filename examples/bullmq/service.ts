/**
 * The service of `../outbox-service.ts` on Redis: it only adds. It holds no credentials of any customer and sends nothing, so
 * it goes on taking events while all workers are down.
 *
 * Environment: `REDIS_URL`, and `PORT` (a free one by default).
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { AttributionClient } from 'clevertap-attribution';
import { bullmqQueue } from 'clevertap-attribution/bullmq';
import { Outbox } from 'clevertap-attribution/outbox';
import { createEventServer } from '../outbox-service.js';

const { REDIS_URL = 'redis://127.0.0.1:6379', PORT = '0' } = process.env;

// The client checks events here, before they are stored.
const client = new AttributionClient({ partnerName: 'airbridge' });
const outbox = new Outbox({ client, queue: bullmqQueue({ connection: REDIS_URL }) });
const server = createEventServer(outbox).listen(Number(PORT), '127.0.0.1');
await once(server, 'listening');
console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);

await once(process, 'SIGTERM');
const answered = once(server, 'close');
server.close();
await answered;
await outbox.close();
await client.close();
