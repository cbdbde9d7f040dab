import { describe, expect, it } from 'vitest';
import { runScript } from '../support/child-process.js';
import { canaryEmulator } from '../support/connected-client.js';

describe('a process that may not generate code', () => {
  it('checks and sends events all the same', async () => {
    const emulator = await canaryEmulator();
    const printed = await runScript(
      `
      import { AttributionClient } from './src/index.ts';
      import { canaryCredentials } from './test/support/canary.ts';
      import { inorganicInstall } from './test/support/events.ts';
      const refused = (run) => { try { run(); } catch (error) { return error.name; } };
      const options = { partnerName: 'airbridge', credentials: canaryCredentials(), baseUrl: process.env.BASE_URL };
      const client = new AttributionClient(options);
      const mistake = await client.send({ ...inorganicInstall(), deviceIdentifier: '' }).catch(({ code }) => code);
      const { confirmed } = await client.send(inorganicInstall());
      console.log(refused(() => new Function('return 1')()), mistake, confirmed);`,
      { BASE_URL: emulator.baseUrl, NODE_OPTIONS: '--disallow-code-generation-from-strings' },
    );
    expect(printed).toBe('EvalError validation true');
    expect(emulator.counts.recorded).toBe(1);
  });
});
