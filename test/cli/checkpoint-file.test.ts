import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  END_ENTRY,
  writeBeginning,
  writeEntry as writeSettledEntry,
  writeProject,
  writeReason,
} from '../../src/cli/checkpoint-entries.js';
import { readState, writeState } from '../../src/cli/checkpoint-file.js';
import { emptyState, type CheckpointState } from '../../src/cli/checkpoint-state.js';
import type { Input } from '../../src/cli/open-input.js';
import { noTotals, type SettledStatus } from '../../src/cli/status-totals.js';
import { workFolder, type WorkFolder } from './work-folder.js';

const INPUTS: readonly Input[] = [
  { path: 'a.ndjson', identity: { bytes: 100, modifiedMs: 5 }, format: 'ndjson', compression: undefined },
  { path: '-', identity: undefined, format: 'csv', compression: undefined },
];

async function read(folder: WorkFolder, text: string, inputs = INPUTS, changed = false): Promise<CheckpointState> {
  return readState(folder.write('checkpoint', text), inputs, changed);
}

/** What there is to compare of a state. */
function shown({ settled, tally, returned, complete }: CheckpointState) {
  const { totals, byProject, byReason } = tally;
  return { mark: settled.mark, beyond: [...settled.beyond], totals, byProject, byReason, returned, complete };
}

/** The line for a record of the project and, if it came back, with the reason that have the number 0. */
function writeEntry(ordinal: number, status: SettledStatus, fileBytes: number): string {
  return writeSettledEntry({ ordinal, status, project: 0, reasons: status === 'delivered' ? [] : [0], fileBytes });
}

/** The lines that name these. */
const NAMES = writeProject(0, 'P-1', noTotals()) + writeReason(0, 'failed: "network"\n', 0);

const HEADER = writeState(emptyState(), INPUTS);

describe('a checkpoint file', () => {
  it('begins with nothing done', async () => {
    expect(shown(await read(workFolder(), HEADER))).toEqual(shown(emptyState()));
  });

  it('tells of each record that ended, and of the files of those that came back', async () => {
    const entries = [
      NAMES,
      writeEntry(0, 'delivered', 0),
      writeBeginning('rejected', 'my "files"\n/r.ndjson'),
      writeEntry(2, 'rejected', 57),
      writeBeginning('failed', 'f.ndjson'),
      writeEntry(1, 'failed', 30),
      writeEntry(7, 'failed', 60),
    ];
    expect(shown(await read(workFolder(), HEADER + entries.join('')))).toEqual({
      mark: 3,
      beyond: [7],
      totals: { delivered: 1, rejected: 1, failed: 2 },
      byProject: [['P-1', { delivered: 1, rejected: 1, failed: 2 }]],
      byReason: [['failed: "network"\n', 3]],
      returned: { rejected: { path: 'my "files"\n/r.ndjson', bytes: 57 }, failed: { path: 'f.ndjson', bytes: 60 } },
      complete: false,
    });
  });

  it('says that the inputs came to their end', async () => {
    expect(await read(workFolder(), HEADER + END_ENTRY)).toMatchObject({ complete: true });
    expect(await read(workFolder(), writeState({ ...emptyState(), complete: true }, INPUTS))).toMatchObject({
      complete: true,
    });
  });

  it('comes to the same when it is written anew in short', async () => {
    const folder = workFolder();
    const status = fc.constantFrom<SettledStatus>('delivered', 'rejected', 'failed');
    const entry = fc.record({
      ordinal: fc.nat({ max: 60 }),
      status,
      project: fc.nat({ max: 3 }),
      reasons: fc.uniqueArray(fc.nat({ max: 2 })),
      fileBytes: fc.nat(),
    });
    const names = [
      ...['P-1', '"; P\n', 'P-1 ', '(other)'].map((name, number) => writeProject(number, name, noTotals())),
      ...['one', 'other', 'third'].map((reason, number) => writeReason(number, reason, 0)),
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(entry), async (entries) => {
        const state = await read(folder, [HEADER, ...names, ...entries.map(writeSettledEntry)].join(''));
        const { totals, byProject } = state.tally;
        expect(byProject.reduce((sum, [, { failed }]) => sum + failed, 0)).toBe(totals.failed);
        expect(shown(await read(folder, writeState(state, INPUTS)))).toEqual(shown(state));
      }),
      { numRuns: 50 },
    );
  });

  it('comes to the same in whichever order records ended', async () => {
    const folder = workFolder();
    const entries = fc.uniqueArray(fc.nat({ max: 200 }));
    await fc.assert(
      fc.asyncProperty(entries, async (ordinals) => {
        const statusOf = (ordinal: number) => (['delivered', 'failed'] as const)[ordinal % 2] ?? 'delivered';
        const inOrder = [...ordinals].sort((one, other) => one - other);
        const text = (list: readonly number[]) =>
          list.map((ordinal) => writeEntry(ordinal, statusOf(ordinal), 9)).join('');
        expect(shown(await read(folder, HEADER + text(ordinals)))).toEqual(
          shown(await read(folder, HEADER + text(inOrder))),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('survives every torn end: what was complete counts, and nothing else does', async () => {
    const folder = workFolder();
    const entries = [
      writeProject(0, 'P-1', noTotals()),
      writeEntry(0, 'delivered', 0),
      writeReason(0, 'failed: network', 0),
      writeBeginning('failed', 'f.ndjson'),
      writeEntry(123, 'failed', 4567),
      writeEntry(12, 'delivered', 0),
      END_ENTRY,
    ];
    const text = entries.join('');
    for (let length = 0; length <= text.length; length += 1) {
      const torn = text.slice(0, length);
      const complete = entries.filter((_, index) => torn.length >= entries.slice(0, index + 1).join('').length - 1);
      const expected = await read(folder, HEADER + complete.join(''));
      // A tail right behind a complete entry that lacks its line break tears that one.
      const isWhole = torn === '' || torn.endsWith('\n');
      for (const tail of ['', '\0'.repeat(20), '\uFFFD']) {
        const state = await read(folder, HEADER + torn + tail);
        if (tail === '' || isWhole) expect(shown(state), `${length}`).toEqual(shown(expected));
        else expect(state.settled.mark).toBeLessThanOrEqual(expected.settled.mark);
      }
    }
  });

  it('goes on behind an entry that was torn', async () => {
    const text = `${HEADER}d 0 0;\nd 1 \nd 2 0;\nr 3\nf ;\nend\n + 4;\n+ 5 7;\np 0 1 "P\nd 9 0;\n`;
    expect(shown(await read(workFolder(), text))).toMatchObject({ mark: 1, beyond: [2, 5, 6, 7, 9], complete: false });
  });
});

describe('what became of the records', () => {
  it('is told for as many projects and reasons as are counted, though they take more than a line may', async () => {
    const state = emptyState();
    for (let index = 0; index < 12_000; index += 1)
      state.tally.add('failed', `${index}${'P'.repeat(500)}`, [`${index}${'r'.repeat(500)}`]);
    const again = await read(workFolder(), writeState(state, INPUTS));
    expect(shown(again)).toEqual(shown(state));
    expect(again.tally.byProject[0]).toEqual(['(other)', { delivered: 0, rejected: 0, failed: 2_000 }]);
  });

  it('does not list a name that a crash left without a record', async () => {
    expect(shown(await read(workFolder(), HEADER + NAMES))).toEqual(shown(emptyState()));
  });
});

describe('a checkpoint is refused', () => {
  it.each(['', 'type,name\n', '{"format":"something else"}\n', '{}', 'null', '[]'])(
    'where it is none: %j',
    async (text) => {
      await expect(read(workFolder(), text)).rejects.toThrow('is no checkpoint of this program');
    },
  );

  it('where it is of a newer version', async () => {
    const newer = HEADER.replace('"version":1', '"version":2');
    await expect(read(workFolder(), newer)).rejects.toThrow('was written by a newer version');
  });

  it('where it is of other inputs', async () => {
    const message = 'is the checkpoint of other inputs';
    await expect(read(workFolder(), HEADER, INPUTS.slice(0, 1))).rejects.toThrow(message);
    await expect(read(workFolder(), HEADER, [...INPUTS].reverse())).rejects.toThrow(message);
    await expect(read(workFolder(), HEADER, [...INPUTS].reverse(), true)).rejects.toThrow(message);
  });

  it('where an input has changed, unless that is accepted', async () => {
    const changed = INPUTS.map((input) => ({ ...input, identity: input.identity && { bytes: 101, modifiedMs: 5 } }));
    const text = HEADER + writeEntry(0, 'delivered', 0);
    await expect(read(workFolder(), text, changed)).rejects.toThrow(/a\.ndjson has changed since .*--accept-changed/);
    expect(await read(workFolder(), text, changed, true)).toMatchObject({
      tally: { totals: { delivered: 1 } },
    });
  });
});
