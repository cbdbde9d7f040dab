/** Measures the library beside what else there is: `npm run bench`, or `npm run bench -- --help`. */
import { join } from 'node:path';
import { readArguments, usage, type Arguments } from './arguments.js';
import type { FigureGroup } from './figure.js';
import { describeMachine } from './machine.js';
import { root } from './process/start-process.js';
import { terminalTable } from './report/terminal-table.js';
import { writeDocuments } from './report/write-documents.js';
import { scenarios } from './scenarios/scenarios.js';
import type { Settings } from './settings.js';

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
}

async function measure({ scenarios: chosen, size, rounds, output }: Arguments): Promise<void> {
  const settings: Settings = { size, rounds, inFlight: 64, progress: showProgress };
  const provenance = `${describeMachine()}, size ${size}, ${rounds} rounds.`;
  if (output !== 'json') console.log(provenance);
  const groups: FigureGroup[] = [];
  for (const scenario of chosen) {
    const measured = await scenario.run(settings);
    groups.push(...measured);
    showProgress('');
    if (output !== 'json') for (const group of measured) console.log(`\n${terminalTable(group)}`);
  }
  if (output === 'json') console.log(JSON.stringify({ provenance, groups }));
  if (output === 'markdown') {
    const written = await writeDocuments(groups, provenance, join(root, 'docs/benchmarks'));
    console.log(`\nWritten: ${written.join(', ')}`);
  }
}

const given = readArguments(process.argv.slice(2), scenarios);
if (given === 'help') console.log(usage(scenarios));
else await measure(given);
