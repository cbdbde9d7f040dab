/** Measures the library beside what else there is: `npm run bench`, or `npm run bench -- --help`. */
import { describeMachine } from './machine.js';
import { terminalTable } from './report/terminal-table.js';
import { readArguments, usage } from './arguments.js';
import { scenarios } from './scenarios/scenarios.js';
import type { Settings } from './settings.js';

const given = readArguments(process.argv.slice(2), scenarios);
if (given === 'help') {
  console.log(usage(scenarios));
  process.exit();
}

const settings: Settings = {
  size: given.size,
  rounds: given.rounds,
  inFlight: 64,
  progress: (text) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
  },
};
console.log(`${describeMachine()}. Size: ${given.size}, ${given.rounds} rounds.`);
for (const scenario of given.scenarios) {
  const groups = await scenario.run(settings);
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
  for (const group of groups) console.log(`\n${terminalTable(group)}`);
}
