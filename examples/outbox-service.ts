/**
 * A service that takes events over HTTP and forwards them through an outbox: 202 says that the event is on disk, and from
 * then on it arrives, whatever happens to CleverTap, to this process or to the customer's credentials.
 *
 * `POST /events` takes `{ projectId, id?, event }` as JSON; send it again with the same id whenever no 202 came back.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AttributionClient,
  isAttributionError,
  type AttributionEvent,
  type BaseUrl,
  type CredentialsInput,
} from 'clevertap-attribution';
import { Outbox, sqliteQueue, type OutboxCloseReport } from 'clevertap-attribution/outbox';
import { startEmulator } from 'clevertap-attribution/testing';

/** What is posted, if it is right; `outbox.add` finds out what is not. */
interface PostedEvent {
  readonly projectId: string;
  readonly id?: string;
  readonly event: AttributionEvent;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterSeconds?: number;
}

const MAX_BODY_LENGTH = 64 * 1024;

/** Under 30 seconds, which is what most platforms give a process between SIGTERM and SIGKILL. */
const STOP_WITHIN_MS = 20_000;

/** The HTTP side. It knows nothing of where the outbox keeps its events. */
export function createEventServer(outbox: Outbox): Server {
  const server = createServer((request, response) => {
    answer(request, outbox).then(
      ({ status, body, retryAfterSeconds }) => {
        response.setHeader('content-type', 'application/json');
        if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds);
        // While it stops, a connection that is kept would hold it up.
        if (!server.listening) response.setHeader('connection', 'close');
        response.writeHead(status).end(JSON.stringify(body));
      },
      // The connection broke while the body came in.
      () => response.destroy(),
    );
  });
  return server;
}

async function answer(request: IncomingMessage, outbox: Outbox): Promise<Answer> {
  if (request.url !== '/events') return { status: 404, body: wrong('', 'there is nothing here') };
  if (request.method !== 'POST') return { status: 405, body: wrong('', 'takes POST only') };
  const text = await readText(request);
  if (text === undefined) return { status: 413, body: wrong('', `must be at most ${MAX_BODY_LENGTH} characters`) };
  const posted = parseObject(text);
  if (posted === undefined) return { status: 400, body: wrong('', 'must be a JSON object') };
  const { event, projectId, id } = posted as unknown as PostedEvent;
  try {
    // Resolves once the event is on disk: before that, nobody may be told that it is safe.
    return { status: 202, body: await outbox.add(event, { projectId, id }) };
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): Answer {
  if (!isAttributionError(error)) return { status: 500, body: wrong('', 'something unexpected went wrong') };
  switch (error.code) {
    case 'validation':
      // Everything that is wrong at once, and no message repeats a value.
      return {
        status: 400,
        body: { errors: error.issues.map(({ path, message }) => ({ path: path.join('.'), message })) },
      };
    case 'overflow':
      // The outbox, or this project's share of it, is full: the sender keeps the event. Room comes with deliveries.
      return { status: 503, body: wrong('', error.message), retryAfterSeconds: 30 };
    default:
      // `storage`: the disk has trouble; `closed`: this process is going down. Another attempt soon may do.
      return { status: 503, body: wrong('', error.message), retryAfterSeconds: 5 };
  }
}

function wrong(path: string, message: string) {
  return { errors: [{ path, message }] };
}

/** The body; undefined if it is too long. */
async function readText(request: IncomingMessage): Promise<string | undefined> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    // Read to the end, so that it can be answered.
    if (text.length <= MAX_BODY_LENGTH) text += chunk as string;
  }
  return text.length <= MAX_BODY_LENGTH ? text : undefined;
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

export interface ServiceOptions {
  /** The outbox's file, on a local disk that outlives this process. */
  readonly path: string;
  /** Your store of credentials, asked when an event is delivered. */
  readonly credentials: (projectId: string) => CredentialsInput | undefined;
  readonly port?: number;
  /** Events that may be stored. One project may fill half of it. */
  readonly maxEvents?: number;
  readonly baseUrl?: BaseUrl;
}

export interface Service {
  readonly url: string;
  /** Resolves once the service has stopped, on SIGTERM or by `stop()`. */
  readonly stopped: Promise<OutboxCloseReport>;
  stop(): void;
}

/** Starts the service; it runs until SIGTERM. Without `baseUrl`, the events go to CleverTap. */
export async function main({ path, credentials, port = 0, maxEvents, baseUrl }: ServiceOptions): Promise<Service> {
  const client = new AttributionClient({ partnerName: 'airbridge', baseUrl });
  const outbox = new Outbox({ client, queue: sqliteQueue({ path, maxEvents }), credentials });
  // What an earlier process has left is delivered from here on.
  await outbox.start();
  const server = createEventServer(outbox).listen(port, '127.0.0.1');
  await once(server, 'listening');

  async function close(): Promise<OutboxCloseReport> {
    // In this order: what has been posted is answered, what is out for delivery ends, and the rest stays in the file.
    const answered = once(server, 'close');
    server.close();
    await answered;
    const report = await outbox.close({ timeoutMs: STOP_WITHIN_MS });
    await client.close();
    return report;
  }
  const stopping = new AbortController();
  const stopped = once(stopping.signal, 'abort').then(close);
  const stop = (): void => stopping.abort();
  // Once: a second SIGTERM ends the process at once, which loses nothing either.
  process.once('SIGTERM', stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stopped, stop };
}

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(`${url}/events`, { method: 'POST', body: JSON.stringify(body) });
  console.log(response.status, JSON.stringify(await response.json()));
}

if (process.argv[1] === import.meta.filename) {
  const account = { projectId: 'W6W-797-865Z', projectToken: 'aca-060', projectPasscode: 'your-passcode' };
  await using emulator = await startEmulator({ accounts: [account], partners: ['airbridge'] });
  const folder = await mkdtemp(join(tmpdir(), 'outbox-service-'));
  const service = await main({
    path: join(folder, 'outbox.db'),
    credentials: (projectId) => (projectId === account.projectId ? account : undefined),
    baseUrl: emulator.baseUrl,
  });
  const install = { type: 'organic_install', deviceIdentifier: '__g1234abc', platform: 'android' };
  const utm = { utmSource: 'google', utmMedium: 'organic', utmCampaign: 'none' };
  const posted = { projectId: account.projectId, id: 'click-1', event: { ...install, ...utm } };
  await post(service.url, posted);
  // Again, as a sender does that has not seen the answer: `duplicate` is true, and it is one event.
  await post(service.url, posted);
  await post(service.url, { ...posted, id: 'click-2', event: install });
  process.kill(process.pid, 'SIGTERM');
  console.log('stopped:', await service.stopped);
  console.log('recorded:', emulator.counts.recorded);
  await rm(folder, { recursive: true });
}
