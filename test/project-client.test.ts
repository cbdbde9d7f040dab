import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseCredentials } from '../src/contract/credentials.js';
import { ProjectClient } from '../src/project-client.js';
import { createEmulator } from '../src/testing/index.js';
import { canaryCredentials } from './support/canary.js';
import { watchedClient } from './support/connected-client.js';
import { inorganicInstall } from './support/events.js';

describe('a hand on a project', () => {
  it('says which project and region it is for, and where that is', () => {
    const { client } = watchedClient({ baseUrl: { us: 'https://proxy.example:8443/clevertap' } });
    const project = client.project(canaryCredentials({ projectId: ' A ', region: 'USA' }));
    expect(project).toBeInstanceOf(ProjectClient);
    expect([project.projectId, project.region, project.host]).toEqual(['A', 'us', 'proxy.example:8443']);
    const shown = { projectId: 'A', region: 'us', host: 'proxy.example:8443' };
    expect(JSON.parse(JSON.stringify(project))).toEqual(shown);
    expect(inspect(project)).toBe(`ProjectClient ${inspect(shown)}`);
  });

  it('takes credentials that were checked before', async () => {
    const emulator = createEmulator({ accounts: [canaryCredentials({ region: 'in' })] });
    const { client } = watchedClient({ dispatcher: emulator.dispatcher(), credentials: undefined });
    const project = client.project(parseCredentials(canaryCredentials({ region: 'in' })));
    expect(await project.send(inorganicInstall())).toMatchObject({ confirmed: true, region: 'in' });
  });

  it('shows the region that its credentials lead to after they were replaced', () => {
    const { client } = watchedClient();
    const project = client.project(canaryCredentials());
    project.replaceCredentials(canaryCredentials({ region: 'ae' }));
    expect([project.region, project.host]).toEqual(['ae', 'mec1.api.clevertap.com']);
  });

  it('shares counters and end with its client', async () => {
    const emulator = createEmulator({ accounts: [canaryCredentials()] });
    const { client } = watchedClient({ dispatcher: emulator.dispatcher() });
    const project = client.project(canaryCredentials());
    await project.send(inorganicInstall());
    expect(client.counters()).toMatchObject({ accepted: 1, delivered: 1 });
    await client.close();
    await expect(project.send(inorganicInstall())).rejects.toMatchObject({
      code: 'closed',
      projectId: 'TEST-111-222Z',
    });
  });
});
