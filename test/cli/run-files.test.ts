import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeInputs } from '../../src/cli/open-input.js';
import { closeRunFiles, findFinishedRun, openRunFiles, type RunFileOptions } from '../../src/cli/run-files.js';
import { flatRecord, ndjson } from './records.js';
import { workFolder, type WorkFolder } from './work-folder.js';

function folderWithInput(): WorkFolder {
  const folder = workFolder();
  folder.write('a.ndjson', ndjson([flatRecord()]));
  return folder;
}

async function open(folder: WorkFolder, options: RunFileOptions = {}, paths = [folder.at('a.ndjson')]) {
  return openRunFiles(await describeInputs(paths, 'ndjson'), options);
}

const error = { code: 'network', message: 'refused' } as const;
const from = { path: 'a.ndjson', line: 1 };

describe('the files of a run', () => {
  it('are named after its first input', async () => {
    const folder = folderWithInput();
    const files = await open(folder);
    expect(files.checkpoint?.path).toBe(folder.at('a.ndjson.checkpoint'));
    expect(files.rejected.path).toBe(folder.at('a.ndjson.rejected.ndjson'));
    expect(files.failed.path).toBe(folder.at('a.ndjson.failed.ndjson'));
    await closeRunFiles(files, true);
    expect(readdirSync(folder.path).sort()).toEqual(['a.ndjson', 'a.ndjson.checkpoint']);
  });

  it('have no checkpoint among them where a stream is read, unless one is named', async () => {
    const folder = folderWithInput();
    const own = { rejected: folder.at('r'), failed: folder.at('f') };
    expect((await open(folder, own, ['-'])).checkpoint).toBeUndefined();
    expect((await open(folder, own, [folder.at('a.ndjson'), '-'])).checkpoint).toBeUndefined();
    const files = await open(folder, { ...own, checkpoint: folder.at('c') }, ['-']);
    expect(files.checkpoint?.path).toBe(folder.at('c'));
    await closeRunFiles(files, false);
  });

  it('have none among them where none is wanted', async () => {
    expect((await open(folderWithInput(), { checkpoint: false })).checkpoint).toBeUndefined();
  });

  it('are taken up again by the next run', async () => {
    const folder = folderWithInput();
    const first = await open(folder);
    const size = first.failed.add(flatRecord(), from, error);
    first.checkpoint?.settle(0, 'failed', { fileBytes: size });
    await closeRunFiles(first, false);
    const second = await open(folder);
    expect(second.checkpoint?.state).toMatchObject({ tally: { totals: { failed: 1 } } });
    second.failed.add(flatRecord(), from, error);
    await closeRunFiles(second, false);
    expect(folder.readJsonLines('a.ndjson.failed.ndjson')).toHaveLength(2);
  });

  it('lose what a killed run wrote and did not note, which comes again', async () => {
    const folder = folderWithInput();
    const first = await open(folder);
    first.rejected.add(flatRecord(), from, error);
    await closeRunFiles(first, false);
    await closeRunFiles(await open(folder), false);
    expect(readFileSync(folder.at('a.ndjson.rejected.ndjson'), 'utf8')).toBe('');
  });
});

describe('a run that sent elsewhere', () => {
  const rehearsal = { partner: 'airbridge', baseUrl: 'http://127.0.0.1:8080' };

  it.each([{ partner: 'airbridge' }, { ...rehearsal, partner: 'other' }])(
    'is not gone on from, finished or not, with %j',
    async (elsewhere) => {
      const folder = folderWithInput();
      const inputs = await describeInputs([folder.at('a.ndjson')], 'ndjson');
      for (const complete of [false, true]) {
        await closeRunFiles(await openRunFiles(inputs, { ...rehearsal, restart: true }), complete);
        const message =
          /is of a run that sent to http:\/\/127\.0\.0\.1:8080 as partner airbridge, and this one is to send to/;
        await expect(openRunFiles(inputs, elsewhere)).rejects.toThrow(message);
        await expect(findFinishedRun(inputs, elsewhere)).rejects.toThrow(message);
      }
      await closeRunFiles(await openRunFiles(inputs, { ...elsewhere, restart: true }), true);
      expect(await findFinishedRun(inputs, elsewhere)).toBeDefined();
    },
  );
});

describe('a run that came to its end', () => {
  async function find(folder: WorkFolder, options: RunFileOptions = {}, paths = [folder.at('a.ndjson')]) {
    return findFinishedRun(await describeInputs(paths, 'ndjson'), options);
  }

  it('is found with what it did and the files that are still there', async () => {
    const folder = folderWithInput();
    expect(await find(folder)).toBeUndefined();
    const files = await open(folder);
    files.checkpoint?.settle(0, 'failed', { fileBytes: files.failed.add(flatRecord(), from, error) });
    files.checkpoint?.settle(1, 'rejected', { fileBytes: files.rejected.add(flatRecord(), from, error) });
    expect(await find(folder)).toBeUndefined();
    await closeRunFiles(files, true);
    rmSync(folder.at('a.ndjson.rejected.ndjson'));
    expect(await find(folder)).toMatchObject({
      tally: { totals: { delivered: 0, rejected: 1, failed: 1 } },
      files: {
        rejected: undefined,
        failed: folder.at('a.ndjson.failed.ndjson'),
        checkpoint: folder.at('a.ndjson.checkpoint'),
      },
    });
  });

  it('is not looked for where everything is to be sent again, or more is to be sent', async () => {
    const folder = folderWithInput();
    await closeRunFiles(await open(folder), true);
    for (const options of [{ restart: true }, { acceptChanged: true }, { checkpoint: false }] as const)
      expect(await find(folder, options)).toBeUndefined();
  });

  it('is not found for a stream, which may hold other records', async () => {
    const folder = folderWithInput();
    const options = { checkpoint: folder.at('c'), rejected: folder.at('r'), failed: folder.at('f') };
    await closeRunFiles(await open(folder, options, ['-']), true);
    expect(await find(folder, options, ['-'])).toBeUndefined();
    await expect(open(folder, options, ['-'])).rejects.toThrow('says that this run came to its end');
  });

  it('does not count for a file that has changed since', async () => {
    const folder = folderWithInput();
    await closeRunFiles(await open(folder), true);
    folder.write('a.ndjson', ndjson([flatRecord(), flatRecord()]));
    await expect(find(folder)).rejects.toThrow(/has changed since .* was written/);
  });
});

describe('a run is refused, and nothing is changed,', () => {
  const contents = (folder: WorkFolder) =>
    readdirSync(folder.path).map((name) => [name, readFileSync(folder.at(name), 'utf8')]);

  async function expectRefusal(folder: WorkFolder, options: RunFileOptions, message: string): Promise<void> {
    const before = contents(folder);
    // Twice: the first attempt must not make the second one look like a run that goes on.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(open(folder, options)).rejects.toThrow(message);
      await expect(open(folder, options)).rejects.toMatchObject({ name: 'UsageError' });
    }
    expect(contents(folder)).toEqual(before);
  }

  it('where somebody else’s file has the name of one of its own', async () => {
    const folder = folderWithInput();
    folder.write('a.ndjson.rejected.ndjson', 'mine\n');
    await expectRefusal(folder, {}, 'a.ndjson.rejected.ndjson exists');
  });

  it('where somebody else’s file has come beside a run that goes on', async () => {
    const folder = folderWithInput();
    await closeRunFiles(await open(folder), false);
    folder.write('a.ndjson.failed.ndjson', 'mine\n');
    await expectRefusal(folder, {}, 'a.ndjson.failed.ndjson exists');
  });

  it('where the checkpoint is none', async () => {
    const folder = folderWithInput();
    folder.write('a.ndjson.checkpoint', 'mine\n');
    await expectRefusal(folder, {}, 'is no checkpoint of this program');
  });

  it('where everything was forwarded already', async () => {
    const folder = folderWithInput();
    await closeRunFiles(await open(folder), true);
    await expectRefusal(folder, {}, 'says that this run came to its end');
  });

  it('where one of its files is another of them', async () => {
    const folder = folderWithInput();
    const input = folder.at('a.ndjson');
    await expectRefusal(folder, { rejected: input }, 'is another file of this run');
    await expectRefusal(folder, { failed: input, restart: true }, 'is another file of this run');
    await expectRefusal(folder, { checkpoint: input, restart: true }, 'is another file of this run');
    const same = folder.at('same');
    await expectRefusal(folder, { rejected: same, failed: same }, 'is another file of this run');
  });

  it('where its folder is not there', async () => {
    await expectRefusal(folderWithInput(), { failed: '/no folder of this name/f' }, 'cannot write');
  });

  it.each(['checkpoint', 'rejected', 'failed'] as const)('where its %s file is a link', async (kind) => {
    const folder = folderWithInput();
    const target = folder.write('target', 'precious\n');
    symlinkSync(target, folder.at('link'));
    await expectRefusal(folder, { [kind]: folder.at('link'), restart: true }, 'is a symbolic link');
  });
});

describe('the files of a run that forwards what came back', () => {
  const returned = ['a.ndjson.failed.ndjson', 'a.ndjson.rejected.ndjson'];

  async function forwardOnce(folder: WorkFolder, name: string, options: RunFileOptions = {}): Promise<void> {
    const files = await open(folder, options, [folder.at(name)]);
    files.failed.add(flatRecord({ id: name }), from, error);
    files.rejected.add(flatRecord({ id: name }), from, error);
    await closeRunFiles(files, true);
  }

  it('have numbers, and write over none of those that are there', async () => {
    const folder = folderWithInput();
    for (const name of ['a.ndjson', ...returned, 'a.ndjson.failed-2.ndjson']) await forwardOnce(folder, name);
    const idOf = (name: string) => folder.readJsonLines(name).map((record) => record['id']);
    for (const kind of ['failed', 'rejected']) {
      expect(idOf(`a.ndjson.${kind}.ndjson`)).toEqual(['a.ndjson']);
      expect(idOf(`a.ndjson.${kind}-2.ndjson`)).toEqual(['a.ndjson.failed.ndjson']);
      expect(idOf(`a.ndjson.${kind}-3.ndjson`)).toEqual(['a.ndjson.rejected.ndjson']);
      expect(idOf(`a.ndjson.${kind}-4.ndjson`)).toEqual(['a.ndjson.failed-2.ndjson']);
    }
  });

  it('are the same ones when the run goes on', async () => {
    const folder = folderWithInput();
    await forwardOnce(folder, 'a.ndjson');
    const paths = [folder.at('a.ndjson.failed.ndjson')];
    const first = await open(folder, {}, paths);
    first.checkpoint?.settle(0, 'failed', { fileBytes: first.failed.add(flatRecord(), from, error) });
    await closeRunFiles(first, false);
    const second = await open(folder, {}, paths);
    second.failed.add(flatRecord(), from, error);
    expect(second.failed.path).toBe(folder.at('a.ndjson.failed-2.ndjson'));
    await closeRunFiles(second, false);
    expect(folder.readJsonLines('a.ndjson.failed-2.ndjson')).toHaveLength(2);
  });

  it('are written over by --restart only where they are of the run that is forgotten', async () => {
    const folder = folderWithInput();
    for (const name of ['a.ndjson', ...returned]) await forwardOnce(folder, name);
    await forwardOnce(folder, 'a.ndjson.rejected.ndjson', { restart: true });
    expect(folder.readJsonLines('a.ndjson.failed-2.ndjson')).toMatchObject([{ id: 'a.ndjson.failed.ndjson' }]);
    expect(folder.readJsonLines('a.ndjson.failed-3.ndjson')).toMatchObject([{ id: 'a.ndjson.rejected.ndjson' }]);
    expect(existsSync(folder.at('a.ndjson.failed-4.ndjson'))).toBe(false);
  });
});

describe('a run that begins anew', () => {
  it('forgets what was done and writes over what is there', async () => {
    const folder = folderWithInput();
    const first = await open(folder);
    first.checkpoint?.settle(0, 'failed', { fileBytes: first.failed.add(flatRecord(), from, error) });
    await closeRunFiles(first, true);
    folder.write('a.ndjson.rejected.ndjson', 'of before\n');
    const second = await open(folder, { restart: true });
    expect(second.checkpoint?.state.tally.totals).toEqual({ delivered: 0, rejected: 0, failed: 0 });
    await closeRunFiles(second, false);
    for (const name of ['rejected', 'failed'])
      expect(readFileSync(folder.at(`a.ndjson.${name}.ndjson`), 'utf8')).toBe('');
    // Taken over, so that the run can go on.
    await closeRunFiles(await open(folder), false);
  });

  it('begins as well where nothing was done', async () => {
    const folder = folderWithInput();
    await closeRunFiles(await open(folder, { restart: true }), false);
    expect(existsSync(folder.at('a.ndjson.checkpoint'))).toBe(true);
  });
});

describe('a file that has changed', () => {
  it('can be gone on with where that is said, also behind its former end', async () => {
    const folder = folderWithInput();
    const first = await open(folder);
    first.checkpoint?.settle(0, 'delivered');
    await closeRunFiles(first, true);
    folder.write('a.ndjson', ndjson([flatRecord(), flatRecord()]));
    await expect(open(folder)).rejects.toThrow(/has changed since .* was written/);
    const second = await open(folder, { acceptChanged: true });
    expect(second.checkpoint?.state).toMatchObject({ tally: { totals: { delivered: 1 } }, complete: false });
    await closeRunFiles(second, false);
  });
});
