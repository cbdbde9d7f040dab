import type { FigureGroup } from '../figure.js';
import { rowOf } from './row.js';

function tableOf({ title, figures, note }: FigureGroup): string {
  const rows = figures.map(rowOf).map(({ label, median, spread, target, verdict }) => {
    const mark = verdict === 'missed' ? '**missed**' : verdict;
    return `| ${[label, median, spread, target, mark].join(' | ')} |`;
  });
  return [
    `## ${title}`,
    '',
    '| what | median | lowest – highest | target | |',
    '| --- | ---: | ---: | ---: | --- |',
    ...rows,
    ...(note === undefined ? [] : ['', note]),
  ].join('\n');
}

/** All figures as a document, with a link to the chart beside it. */
export function markdown(groups: readonly FigureGroup[], provenance: string, chart: string): string {
  const heading = [
    '# Benchmarks',
    '',
    `Made by \`npm run bench -- --markdown\`: ${provenance}`,
    '',
    'The machine is one that others use too, and absolute figures are its own. What holds elsewhere are the proportions,',
    'which were measured by turns.',
    '',
    `![The figures as bars](${chart})`,
  ];
  return `${[heading.join('\n'), ...groups.map(tableOf)].join('\n\n')}\n`;
}
