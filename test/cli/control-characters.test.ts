import { describe, expect, it } from 'vitest';
import { fieldsWithControlCharacters } from '../../src/cli/control-characters.js';
import { emulatedRun } from './emulated-run.js';
import { flatRecord, ndjson } from './records.js';
import { runCli } from './run-cli.js';

const odd = { deviceIdentifier: '__g\t1', utmSource: 'goo\ngle', params: { city: 'Mum\u0007bai' } };

describe('a control character in a text', () => {
  it.each<[Record<string, unknown>, readonly string[]]>([
    [odd, ['deviceIdentifier', 'utmSource', 'params']],
    [{ utmMedium: 'c\u2028c', utmCampaign: 'summer\u0000sale' }, ['utmMedium', 'utmCampaign']],
    // Trimmed, or no text, or no control character.
    [{ utmSource: ' google\n', params: { n: 5, city: 'Zürich 1' } }, []],
    [{ utmSource: 5, params: null }, []],
  ])('is found in whatever field it stands: %j', (event, fields) => {
    expect(fieldsWithControlCharacters(event)).toEqual(fields);
  });

  it('is warned of by forward, a line for each field, and is sent all the same', async () => {
    const { emulator, folder, forward } = await emulatedRun();
    const records = Array.from({ length: 50 }, () => flatRecord(odd));
    folder.write('a.ndjson', ndjson([flatRecord(), ...records]));
    const { code, stderr } = await forward(['a.ndjson']);
    expect(code).toBe(0);
    expect(stderr.split('\n').filter((line) => line.startsWith('warning: '))).toEqual(
      ['deviceIdentifier', 'utmSource', 'params'].map(
        (field) =>
          `warning: a.ndjson:2: ${field} holds a control character, such as a tab or a line break; it is sent so, and others like it are not told`,
      ),
    );
    expect(emulator.counts.recorded).toBe(51);
  });

  it('is counted by check, and is no mistake', async () => {
    const { folder } = await emulatedRun();
    folder.write('a.ndjson', ndjson([flatRecord(odd), flatRecord(odd), flatRecord()]));
    const { code, stdout } = await runCli(['check', 'a.ndjson'], { cwd: folder.path });
    expect(code).toBe(0);
    expect(stdout).toMatch(/Odd, but no mistake:[^]*2 {2}utmSource holds a control character/);
  });
});
