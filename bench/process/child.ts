/** A process of the benchmark: runs the program named by its first argument and answers the calls that come in. */
import type { Call, Reply } from './call.js';
import { STARTED } from './call.js';
import { programs, type ProgramName } from '../programs/programs.js';

type AnyStart = (options: unknown) => Promise<Record<string, (argument: unknown) => unknown>>;

function reply(message: Reply): void {
  process.send?.(message);
}

async function answer(id: number, run: () => unknown): Promise<void> {
  try {
    reply({ id, result: await run() });
  } catch (error) {
    reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

const [name, options] = process.argv.slice(2);
// Whoever started it has gone.
process.on('disconnect', () => process.exit());

await answer(STARTED, async () => {
  const program = await programs[name as ProgramName]();
  const calls = await (program.start as unknown as AnyStart)(JSON.parse(options ?? 'null'));
  process.on('message', (call: Call) => {
    void answer(call.id, () => calls[call.name]?.(call.argument));
  });
});
