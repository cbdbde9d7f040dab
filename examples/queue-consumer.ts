/**
 * A consumer of a queue that you have already: what to do with a message for each way in which an event can end.
 *
 * The client retries for seconds, the queue for hours. So the client gets few attempts and a short deadline, and whatever
 * is still worth trying goes back to the queue with a delay.
 */
import {
  AttributionClient,
  isAttributionError,
  type AnyAttributionError,
  type AttributionEvent,
  type BaseUrl,
  type CredentialsInput,
} from 'clevertap-attribution';
import { startEmulator } from 'clevertap-attribution/testing';

/** One message of the queue. The event has its timestamp already, so that waiting does not move it. */
export interface Message {
  readonly projectId: string;
  readonly event: AttributionEvent & { readonly timestamp: number };
  /** How often it was received before. */
  readonly earlierTries: number;
}

/** What a queue can do with a message that was received. */
export type Disposition =
  | { readonly do: 'acknowledge' }
  | { readonly do: 'requeue'; readonly delayMs: number }
  | { readonly do: 'park'; readonly because: string };

/** Stands for your queue (SQS, RabbitMQ, a table …). A message that is received is nobody else's until it is settled. */
export class InMemoryQueue {
  readonly settled: { readonly message: Message; readonly disposition: Disposition }[] = [];

  constructor(private readonly messages: Message[]) {}

  receive(): Promise<Message | undefined> {
    return Promise.resolve(this.messages.shift());
  }

  settle(message: Message, disposition: Disposition): Promise<void> {
    this.settled.push({ message, disposition });
    return Promise.resolve();
  }
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** 5 to 10 seconds at first, doubling up to an hour; what CleverTap asks for in `Retry-After` is never cut short. */
function laterDelayMs({ retryAfterMs = 0 }: AnyAttributionError, earlierTries: number): number {
  const upperEnd = Math.min(HOUR, 10 * SECOND * 2 ** earlierTries);
  return Math.max(retryAfterMs, Math.round(upperEnd * (0.5 + Math.random() / 2)));
}

/** What to do with the message of an event that was not delivered. */
export function dispositionOf(error: AnyAttributionError, earlierTries: number): Disposition {
  // No `default`: with a code missing, the function would end without a result, which does not compile.
  switch (error.code) {
    case 'validation':
      // The event itself, or the credentials; `issues` says what to mend.
      return { do: 'park', because: error.message };
    case 'bad_request':
      // Until the partner name is whitelisted nothing gets through, and then everything does.
      if (error.reason === 'partner_not_whitelisted') return { do: 'requeue', delayMs: HOUR };
      return { do: 'park', because: error.message };
    case 'unexpected_response':
      return { do: 'park', because: error.message };
    case 'authentication':
      // The customer has to do something: tell them, and keep their events meanwhile.
      return { do: 'requeue', delayMs: HOUR };
    case 'rate_limited':
    case 'service_unavailable':
    case 'network':
    case 'timeout':
      return { do: 'requeue', delayMs: laterDelayMs(error, earlierTries) };
    case 'unconfirmed':
      // Comes with `requireConfirmation` only. It was probably recorded: again, it would probably be there twice.
      return { do: 'acknowledge' };
    case 'overflow':
    case 'storage':
      // This process has taken on more than `maxPending`, or its outbox cannot be written to; nothing was sent.
      return { do: 'requeue', delayMs: SECOND };
    case 'aborted':
    case 'closed':
      // This process is going down; another one can go on.
      return { do: 'requeue', delayMs: 0 };
  }
}

export interface ConsumerOptions {
  readonly queue: InMemoryQueue;
  readonly credentials: (projectId: string) => CredentialsInput | undefined;
  /** Messages that are worked on at once. */
  readonly concurrency?: number;
  readonly baseUrl?: BaseUrl;
}

/** Consumes the queue until it is empty. Without `baseUrl`, the events go to CleverTap. */
export async function main({ queue, credentials, concurrency = 16, baseUrl }: ConsumerOptions): Promise<void> {
  await using client = new AttributionClient({
    partnerName: 'airbridge',
    baseUrl,
    retry: { maxAttempts: 2 },
    // Shorter than your queue keeps a received message to one consumer, or another one sends it as well.
    timeoutMs: 10 * SECOND,
    deadlineMs: 20 * SECOND,
  });

  async function work(): Promise<void> {
    for (let message = await queue.receive(); message !== undefined; message = await queue.receive()) {
      await queue.settle(message, await deliver(message));
    }
  }

  async function deliver({ projectId, event, earlierTries }: Message): Promise<Disposition> {
    const found = credentials(projectId);
    if (found === undefined) return { do: 'park', because: `no credentials for project ${projectId}` };
    try {
      await client.project(found).send(event);
      return { do: 'acknowledge' };
    } catch (error) {
      if (!isAttributionError(error)) throw error;
      return dispositionOf(error, earlierTries);
    }
  }

  await Promise.all(Array.from({ length: concurrency }, work));
}

/** Messages to try it with: the events' names say what the emulator below does with them. */
export function sampleMessages(): Message[] {
  return ['Checkout', 'Rate limited', 'Unavailable', 'Refused'].map((name) => ({
    projectId: 'W6W-797-865Z',
    event: { type: 'custom', name, deviceIdentifier: '__g1234abc', platform: 'android', timestamp: 1_767_225_600 },
    earlierTries: 0,
  }));
}

if (process.argv[1] === import.meta.filename) {
  const account = { projectId: 'W6W-797-865Z', projectToken: 'aca-060', projectPasscode: 'your-passcode' };
  await using emulator = await startEmulator({ accounts: [account], partners: ['airbridge'] });
  emulator.faults.add({ kind: 'status', status: 429, retryAfter: 90, eventType: 'Rate limited' });
  emulator.faults.add({ kind: 'status', status: 503, eventType: 'Unavailable' });
  emulator.faults.add({ kind: 'status', status: 400, eventType: 'Refused' });
  const queue = new InMemoryQueue(sampleMessages());
  await main({ queue, credentials: () => account, baseUrl: emulator.baseUrl });
  for (const { message, disposition } of queue.settled) console.log(message.event, disposition);
}
