/**
 * The server side of a settings form: what your dashboard asks a customer for, checked and stored.
 *
 * `GET /regions` lists the drop-down, `POST /credentials` takes the form as JSON. CleverTap has no API that validates
 * credentials, so all that can be checked here is their form; wrong ones show with the first event (`authentication`).
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AttributionClient,
  isAttributionError,
  parseCredentials,
  regions,
  type AnyAttributionError,
  type BaseUrl,
  type Credentials,
  type CredentialsInput,
  type Delivery,
} from 'clevertap-attribution';
import { startEmulator } from 'clevertap-attribution/testing';

/**
 * Stands for your store. Token and passcode are `Secret`s, which show as `[redacted]` wherever they are printed; call
 * `reveal()` only where you encrypt and save them.
 */
export type Vault = Map<string, Credentials>;

/** What the form's script gets back: a message for each field that is wrong, and never what was entered. */
type Answer = { readonly saved: { projectId: string; region: string } } | { readonly errors: Record<string, string> };

function save(form: unknown, vault: Vault): { status: number; answer: Answer } {
  try {
    // Trims (also the invisible characters that come with copy and paste) and finds everything that is wrong at once.
    const credentials = parseCredentials(form as CredentialsInput);
    const { projectId, region } = credentials;
    vault.set(projectId, credentials);
    return { status: 200, answer: { saved: { projectId, region } } };
  } catch (error) {
    if (!isAttributionError(error)) throw error;
    return { status: 422, answer: { errors: messagesByField(error) } };
  }
}

function messagesByField(error: AnyAttributionError): Record<string, string> {
  if (error.code !== 'validation') return { form: error.message };
  // No message repeats a value, so they can be shown as they are. A message about the form as a whole has no path.
  return Object.fromEntries(error.issues.map(({ path, message }) => [String(path[0] ?? 'form'), message]));
}

const MAX_FORM_LENGTH = 10_000;

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    // Read to the end, so that it can be answered; what is too long is not kept, and then is no JSON.
    if (text.length <= MAX_FORM_LENGTH) text += chunk as string;
  }
  try {
    return JSON.parse(text);
  } catch {
    // Not the parser's message, which quotes what was entered.
    return undefined;
  }
}

export function createSettingsServer(vault: Vault): Server {
  return createServer((request, response) => {
    const reply = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.method === 'GET' && request.url === '/regions') {
      // In the order that CleverTap recommends, with the one to preselect.
      reply(
        200,
        regions.map(({ code, label, default: preselected }) => ({ code, label, preselected })),
      );
    } else if (request.method === 'POST' && request.url === '/credentials') {
      readJson(request).then(
        (form) => {
          const { status, answer } = save(form, vault);
          reply(status, answer);
        },
        () => response.destroy(),
      );
    } else {
      reply(404, { errors: { form: 'there is nothing here' } });
    }
  });
}

async function post(url: string, form: CredentialsInput): Promise<void> {
  const response = await fetch(`${url}/credentials`, { method: 'POST', body: JSON.stringify(form) });
  console.log(response.status, await response.json());
}

/**
 * Serves the form, fills it in as a customer might (wrong, then right), and sends an event with what was stored. Without
 * `baseUrl`, the event goes to CleverTap.
 */
export async function main({
  baseUrl,
  form,
}: {
  readonly baseUrl?: BaseUrl;
  form: CredentialsInput;
}): Promise<Delivery> {
  const vault: Vault = new Map();
  const server = createSettingsServer(vault).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    console.log(await (await fetch(`${url}/regions`)).json());
    await post(url, { ...form, projectToken: '', projectPasscode: 'with spaces inside', region: 'moon' });
    await post(url, form);
  } finally {
    server.close();
  }

  const stored = vault.get(form.projectId.trim());
  if (stored === undefined) throw new Error('the form was not saved');
  console.log('stored:', stored);
  await using client = new AttributionClient({ partnerName: 'airbridge', baseUrl });
  return await client.project(stored).send({
    type: 'custom',
    name: 'Connected',
    deviceIdentifier: '__g1234abc',
    platform: 'android',
  });
}

if (process.argv[1] === import.meta.filename) {
  const account = {
    projectId: 'W6W-797-865Z',
    projectToken: 'aca-060',
    projectPasscode: 'your-passcode',
    region: 'in',
  };
  await using emulator = await startEmulator({ accounts: [account], partners: ['airbridge'] });
  // As it comes with copy and paste: spaces around it, a non-breaking one among them, and a region by its other name.
  const form = { ...account, projectId: ' W6W-797-865Z', projectToken: 'aca-060\u00a0', region: 'India' };
  console.log('delivered:', await main({ baseUrl: emulator.baseUrl, form }));
}
