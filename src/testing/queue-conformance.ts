import type { QueueCheck } from './queue-check.js';
import { queueChecks } from './queue-checks.js';
import { queueConsumerChecks } from './queue-consumer-checks.js';
import { QueueTrial } from './queue-trial.js';
import { queueTroubleChecks } from './queue-trouble-checks.js';
import type { QueueUnderTest } from './queue-under-test.js';

/** A check to hand to any test runner. */
export interface ConformanceCheck {
  /** What the queue must do, as the end of a sentence that begins with "it". */
  readonly name: string;
  /** Why it cannot be run; undefined if it can. */
  readonly skip: string | undefined;
  /** Rejects if the queue does not do it. */
  readonly run: () => Promise<void>;
}

/**
 * What every `Queue` must do, as a list of checks that is bound to no test runner:
 *
 * ```ts
 * for (const { name, skip, run } of await queueConformance({ createStore })) it.skipIf(skip !== undefined)(name, run);
 * ```
 *
 * A store is made to see what the engine is able to; each check then makes one of its own.
 */
export async function queueConformance(underTest: QueueUnderTest): Promise<ConformanceCheck[]> {
  const sample = await underTest.createStore();
  const checks = [...queueChecks, ...queueConsumerChecks, ...queueTroubleChecks].map((check) => ({
    name: check.name,
    skip: reasonToSkip(check, underTest, sample),
    run: () => runCheck(check, underTest),
  }));
  await sample.drop?.();
  return checks;
}

function reasonToSkip(
  { needs }: QueueCheck,
  { lacks }: QueueUnderTest,
  sample: { readonly startProcess?: unknown; readonly cutOff?: unknown },
): string | undefined {
  if (needs === undefined) return undefined;
  if (needs !== 'startProcess' && needs !== 'cutOff') return lacks?.[needs];
  return sample[needs] === undefined ? `the store under test has no ${needs}()` : undefined;
}

async function runCheck(check: QueueCheck, underTest: QueueUnderTest): Promise<void> {
  const bounds = check.maxEvents === undefined ? undefined : { maxEvents: check.maxEvents };
  const trial = new QueueTrial(await underTest.createStore(bounds), underTest);
  try {
    await check.run(trial);
  } finally {
    await trial.end();
  }
}
