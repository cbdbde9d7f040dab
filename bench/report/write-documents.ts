import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { FigureGroup } from '../figure.js';
import { barChart } from './bar-chart.js';
import { markdown } from './markdown.js';

/** Writes the document and its chart into a folder, named after the line of Node; gives their paths. */
export async function writeDocuments(
  groups: readonly FigureGroup[],
  provenance: string,
  folder: string,
): Promise<readonly string[]> {
  const name = `node-${process.versions.node.split('.')[0] ?? ''}`;
  const document = join(folder, `${name}.md`);
  const chart = join(folder, `${name}.svg`);
  mkdirSync(folder, { recursive: true });
  const charted = groups.filter((group) => group.chart === true);
  writeFileSync(chart, barChart(charted, provenance));
  const text = markdown(groups, provenance, `${name}.svg`);
  writeFileSync(document, await format(text, { ...(await resolveConfig(document)), filepath: document }));
  return [document, chart];
}
