import { describe, expect, it } from 'vitest';
import { hostileDatabases } from './hostile-databases.js';
import { hostileFiles } from './hostile-files.js';
import { hostileInputs } from './hostile-inputs.js';
import { hostileServers } from './hostile-servers.js';

describe('whatever comes in', () => {
  it.each(hostileInputs)('$name: nothing but errors of the closed set', async ({ check }) => {
    await expect(Promise.resolve(check(2_000, 1))).resolves.toBeUndefined();
  });

  it('bytes of a server: nothing but errors of the closed set, no secret, and the next event is delivered', async () => {
    await hostileServers.check(150, 1);
  });

  it('files of events: nothing but errors of the closed set, and every good record is delivered', async () => {
    await hostileFiles.check(40, 1);
  });

  it('database files: nothing but errors of the closed set, and what was stored whole is delivered', async () => {
    await hostileDatabases.check(25, 1);
  }, 60_000);
});
