import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { FigureGroup } from '../../bench/figure.js';
import { rowOf } from '../../bench/report/row.js';
import { terminalTable } from '../../bench/report/terminal-table.js';
import { writeDocuments } from '../../bench/report/write-documents.js';

const groups: FigureGroup[] = [
  {
    title: 'CPU time per event',
    figures: [
      { id: 'cpu:send', label: 'client.send()', unit: 'µs', samples: [15, 12, 13] },
      { id: 'cpu:other', label: 'other <client>', unit: 'µs', samples: [150, 120, 130] },
    ],
    note: 'One was left out.',
    chart: true,
  },
  {
    title: 'In proportion',
    figures: [
      { id: 'send-to-fetch', label: 'fetch', unit: 'times', samples: [4.5, 3.9, 4.1] },
      { id: 'stall', label: 'stall', unit: 'ms', samples: [21] },
    ],
  },
];

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

it('shows the median, the spread, and whether the target is met', () => {
  const rows = groups.flatMap(({ figures }) => figures.map(rowOf));
  expect(rows.map(({ median, spread, target, verdict }) => [median, spread, target, verdict])).toEqual([
    ['13.0 µs', '12.0 – 15.0', '', ''],
    ['130.0 µs', '120.0 – 150.0', '', ''],
    ['4.10 ×', '3.90 – 4.50', '≥ 4 ×', 'met'],
    ['21.0 ms', '', '≤ 20 ms', 'missed'],
  ]);
});

it('lines the table up for a terminal', () => {
  expect(terminalTable(groups[0] as FigureGroup)).toBe(
    [
      'CPU time per event    median  lowest – highest  target',
      '──────────────────────────────────────────────────────',
      'client.send()        13.0 µs       12.0 – 15.0',
      'other <client>      130.0 µs     120.0 – 150.0',
      'One was left out.',
    ].join('\n'),
  );
});

it('writes a document with all tables and a chart of what is worth one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clevertap-attribution-bench-'));
  folders.push(folder);
  const written = await writeDocuments(groups, 'Node 20, here and now.', join(folder, 'docs'));
  const [document = '', chart = ''] = await Promise.all(written.map((path) => readFile(path, 'utf8')));

  expect(document).toContain('Node 20, here and now.');
  expect(document).toContain('## In proportion');
  expect(document).toMatch(/\| stall +\| 21\.0 ms \| +\| +≤ 20 ms \| \*\*missed\*\* \|/);
  expect(document).toContain(`](node-${process.versions.node.split('.')[0] ?? ''}.svg)`);

  expect(chart).toContain('other &#60;client&#62;');
  expect(chart).not.toContain('In proportion');
  expect(chart).not.toMatch(/NaN|undefined|Infinity/);
  const [ours = 0, other = 0] = [...chart.matchAll(/<rect x[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(other / ours).toBeCloseTo(10, 0);
});
