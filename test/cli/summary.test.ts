import { describe, expect, it } from 'vitest';
import { alignColumns, describeRun, runReportAsJson, type RunReport } from '../../src/cli/summary.js';
import { Tally } from '../../src/cli/tally.js';
import type { Counters } from '../../src/observe/counters.js';

const counters: Counters = {
  accepted: 3,
  delivered: 2,
  unconfirmed: 0,
  maybeDuplicate: 0,
  failed: 1,
  failedByCode: {},
  pending: 0,
  attempts: 5,
  retries: 2,
  inFlight: 0,
  refused: 0,
  projectsOnHold: 0,
};

function report(overrides: Partial<RunReport> = {}): RunReport {
  const tally = new Tally();
  tally.add('delivered', 'P-1', undefined);
  tally.add('delivered', 'P-1', undefined);
  tally.add('failed', 'P-2', ['failed: network']);
  return {
    finishedAlready: false,
    tally,
    earlier: { delivered: 0, rejected: 0, failed: 0 },
    doubts: { maybeDuplicate: 0, unconfirmed: 0 },
    mostInFlight: 256,
    counters,
    seconds: 2,
    files: { rejected: undefined, failed: 'a.failed.ndjson', checkpoint: 'a.checkpoint' },
    interrupted: false,
    last: { path: 'a.ndjson', line: 3 },
    problem: undefined,
    ...overrides,
  };
}

const text = (overrides: Partial<RunReport> = {}) => describeRun(report(overrides)).join('\n');

describe('the summary for people', () => {
  it('says what became of the records, by project and by reason, and where those are that came back', () => {
    expect(text()).toContain(
      'Done: 3 records in 2.0 s (2/s): 2 delivered, 0 rejected, 1 failed; 5 requests, 2 of them retries',
    );
    expect(text()).toContain(
      'project  delivered  rejected  failed\nP-1              2         0       0\nP-2              0         0       1',
    );
    expect(text()).toContain('1  failed: network');
    expect(text()).toContain('a.failed.ndjson (forward that file later)');
    expect(text()).not.toContain('Run the same command again');
  });

  it('says of an outbox what the files came to, and has each of its events in one column', () => {
    const outbox = {
      path: 'box.db',
      added: 4,
      duplicates: 1,
      mistakes: 0,
      waiting: 4,
      waitingByProject: { 'P-2': 1, 'P-3': 2 },
      dead: 0,
    };
    const shown = text({ outbox });
    expect(shown).toContain('\nDone: 5 records read: 4 stored now, 1 had been stored before, 0 with mistakes\n');
    expect(shown).toContain(
      'This run: 3 events in 2.0 s (2/s): 2 delivered, 0 rejected, 1 failed, 3 waiting; 5 requests',
    );
    expect(shown).toMatch(
      /^project +delivered +rejected +failed +waiting\nP-1 +2 +0 +0 +0\nP-2 +0 +0 +1 +1\nP-3 +0 +0 +0 +2$/m,
    );
  });

  it('says what the project of records is that name none', () => {
    const tally = new Tally();
    tally.add('rejected', undefined, ['rejected: is not JSON']);
    expect(text({ tally })).toContain('\n(none): records that name no project or could not be read\n');
    expect(text()).not.toContain('(none)');
  });

  it('says after a resume how many may have been sent twice, and no more than it sent', () => {
    const earlier = { delivered: 1, rejected: 0, failed: 0 };
    expect(text({ earlier })).toContain(
      'Up to 2 of these may have been sent twice: those in flight when the run before was killed',
    );
    expect(text({ earlier, mostInFlight: 1 })).toContain('Up to 1 of these');
    expect(text()).not.toContain('sent twice');
    expect(text({ earlier, finishedAlready: true })).not.toContain('sent twice');
  });

  it('says how to go on after an interruption', () => {
    expect(text({ interrupted: true })).toMatch(/^\nInterrupted: 3 records[^]*Run the same command again to go on/);
    const without = { rejected: undefined, failed: undefined, checkpoint: undefined };
    expect(text({ interrupted: true, files: without })).toContain('up to line 3 of a.ndjson, and nothing behind it');
    expect(text({ interrupted: true, files: without, last: undefined })).toContain('Nothing was taken on.');
  });

  it('says that it broke off', () => {
    expect(text({ interrupted: true, problem: 'cannot read a' })).toMatch(/^\nBroken off: 3 records/);
  });

  it('tells what may be there twice, and what was not confirmed', () => {
    const shown = text({
      doubts: { maybeDuplicate: 4, unconfirmed: 5 },
      files: { rejected: 'a.rejected.ndjson', failed: undefined, checkpoint: undefined },
    });
    expect(shown).toContain('4 deliveries may be there twice');
    expect(shown).toContain('5 deliveries came without the word "success"');
    expect(shown).toContain('a.rejected.ndjson (mend them and forward that file)');
  });

  it('tells of this run and of all runs, the tables of all of them', () => {
    const shown = text({ earlier: { delivered: 1, rejected: 0, failed: 1 } });
    expect(shown).toContain('Done: 1 record in 2.0 s (1/s): 1 delivered, 0 rejected, 0 failed;');
    expect(shown).toContain('With earlier runs: 2 delivered, 0 rejected, 1 failed');
    expect(shown).toContain('1  failed: network');
    expect(text()).not.toContain('earlier runs');
  });

  it('says that there was nothing to do, and what the runs before had done', () => {
    const shown = text({ finishedAlready: true, earlier: report().tally.totals });
    expect(shown).toMatch(/^\nFinished already: 2 delivered, 0 rejected, 1 failed\n/);
    expect(shown).toContain('1  failed: network');
    expect(shown).toContain('a.failed.ndjson (forward that file later)');
    expect(shown).not.toContain('earlier runs');
  });

  it('says that records count more than once where they do', () => {
    const told = 'A record with several mistakes counts under each:';
    expect(text()).not.toContain(told);
    const tally = new Tally();
    tally.add('rejected', 'P-1', ['rejected: name', 'rejected: platform']);
    expect(text({ tally })).toContain(`${told}\n1  rejected: name\n1  rejected: platform`);
  });

  it('stays readable whatever the projects and reasons are', () => {
    const tally = new Tally();
    for (let index = 0; index < 500; index += 1)
      tally.add('failed', `P\u001b[31m\n${index}${'x'.repeat(500)}`, [`reason\r${index}`]);
    const lines = describeRun(report({ tally }));
    expect(lines.length).toBeLessThan(60);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(200);
    expect(lines.join('')).not.toMatch(/\p{Cc}/u);
    expect(lines.join('\n')).toContain('… and 480 more projects (--json lists them)');
    expect(lines.join('\n')).toContain('… and 480 more reasons, 480 times in all (--json lists them)');
  });
});

describe('the summary for machines', () => {
  it('is one line of JSON with everything in it', () => {
    const json = runReportAsJson(report({ interrupted: true, problem: 'cannot read a' }));
    expect(json).not.toContain('\n');
    expect(JSON.parse(json)).toEqual({
      finishedAlready: false,
      interrupted: true,
      problem: 'cannot read a',
      seconds: 2,
      totals: { delivered: 2, rejected: 0, failed: 1 },
      earlier: { delivered: 0, rejected: 0, failed: 0 },
      byProject: { 'P-1': { delivered: 2, rejected: 0, failed: 0 }, 'P-2': { delivered: 0, rejected: 0, failed: 1 } },
      byReason: { 'failed: network': 1 },
      doubts: { maybeDuplicate: 0, unconfirmed: 0 },
      counters,
      files: { failed: 'a.failed.ndjson', checkpoint: 'a.checkpoint' },
      last: { path: 'a.ndjson', line: 3 },
    });
  });
});

describe('columns', () => {
  it('stand below each other, numbers to the right', () => {
    expect(
      alignColumns([
        ['n', 'what'],
        ['10', 'a'],
        ['9', 'bcdef'],
      ]),
    ).toEqual(['n   what', '10  a', ' 9  bcdef']);
    expect(alignColumns([])).toEqual([]);
  });
});
