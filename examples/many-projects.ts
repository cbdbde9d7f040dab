/** Many customers, one client: single events as they come in, and a backlog of all customers at once. */
import {
  AttributionClient,
  type AttributionEvent,
  type BaseUrl,
  type CredentialsInput,
  type ForwardItem,
} from 'clevertap-attribution';
import { startEmulator } from 'clevertap-attribution/testing';

/** Stands for the table in which you keep what your customers entered. */
export const customers: ReadonlyMap<string, CredentialsInput> = new Map(
  ['eu', 'in', 'us'].map((region, index) => {
    const projectId = `PROJECT-${index + 1}`;
    const secrets = { projectToken: `token-${index + 1}`, projectPasscode: `passcode-${index + 1}` };
    return [projectId, { projectId, ...secrets, region }];
  }),
);

const install: AttributionEvent = {
  type: 'organic_install',
  deviceIdentifier: '__g1234abc',
  platform: 'android',
  utmSource: 'google',
  utmMedium: 'organic',
  utmCampaign: 'none',
};

/** Stands for events that have piled up; the last one belongs to a project that nobody knows. */
function* backlog(): Generator<ForwardItem> {
  for (const projectId of [...customers.keys(), ...customers.keys(), 'PROJECT-GONE']) {
    yield { id: `backlog of ${projectId}`, projectId, event: { ...install, timestamp: 1_767_225_600 } };
  }
}

/** Sends one event for each customer, then the backlog. Without `baseUrl`, they go to CleverTap. */
export async function main({ baseUrl }: { readonly baseUrl?: BaseUrl }): Promise<void> {
  await using client = new AttributionClient({ partnerName: 'airbridge', baseUrl });

  // A project is a light hand on the client, made whenever it is needed; there is nothing to close or to cache.
  // The limit of requests in flight holds per project, however many hands on it there are.
  await Promise.all(
    [...customers.values()].map(async (credentials) => {
      const project = client.project(credentials);
      const { host } = await project.send(install);
      console.log(`${project.projectId}: delivered to ${host}`);
    }),
  );

  // forward() takes turns between the projects, so that a long backlog of one does not hold up the others.
  // The lookup may also return a promise. It is asked once per project, and again after credentials were refused.
  const results = client.forward(backlog(), { credentials: (projectId) => customers.get(projectId) });
  for await (const { id, status, error } of results) {
    console.log(`${id}: ${status}${error === undefined ? '' : ` (${error.code})`}`);
  }
}

if (process.argv[1] === import.meta.filename) {
  await using emulator = await startEmulator({ accounts: [...customers.values()], partners: ['airbridge'] });
  await main({ baseUrl: emulator.baseUrl });
  console.log(emulator.counts);
}
