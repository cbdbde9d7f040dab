import { StorageError } from '../../errors.js';
import type { DurabilityPolicy } from './bullmq-options.js';
import type { RedisCommands } from './redis-commands.js';

interface Requirement {
  readonly setting: string;
  readonly wanted: string;
  /** What happens otherwise. */
  readonly risk: string;
}

const REQUIREMENTS: readonly Requirement[] = [
  {
    setting: 'appendonly',
    wanted: 'yes',
    risk: 'every event that was accepted since the last snapshot is lost when Redis stops unexpectedly',
  },
  {
    setting: 'appendfsync',
    wanted: 'always',
    risk: 'the events accepted in the last second or more are lost when the machine stops unexpectedly',
  },
  {
    setting: 'maxmemory-policy',
    wanted: 'noeviction',
    risk: 'Redis throws accepted events away when its memory is full, instead of refusing new ones',
  },
];

/**
 * Asks Redis whether it keeps what it has acknowledged, and does what the policy says if not.
 *
 * @throws {StorageError} under `require`, if a setting would lose events.
 */
export async function checkDurability(
  redis: RedisCommands,
  host: string,
  policy: DurabilityPolicy,
  warn: (message: string) => void = (message) => process.emitWarning(message, 'ClevertapAttributionWarning'),
): Promise<void> {
  if (policy === 'trust') return;
  const problems: string[] = [];
  for (const { setting, wanted, risk } of REQUIREMENTS) {
    const value = await settingOf(redis, setting);
    if (value === undefined) {
      warn(
        `Redis at ${host} does not let its settings be read, so it could not be checked that accepted events are kept. ` +
          `See to ${REQUIREMENTS.map((each) => `"${each.setting} ${each.wanted}"`).join(', ')}; ` +
          "durability: 'trust' then silences this warning",
      );
      return;
    }
    if (value !== wanted) problems.push(`${setting} is "${value}": ${risk}; set "${setting} ${wanted}"`);
  }
  if (problems.length === 0) return;
  const message = `Redis at ${host} may lose accepted events. ${problems.join('. ')}.`;
  if (policy === 'require') throw new StorageError(`${message} To accept that, pass durability: 'warn'`, { host });
  warn(message);
}

/** A setting's value; undefined where the server refuses to say (managed ones often do) or does not know it. */
async function settingOf(redis: RedisCommands, setting: string): Promise<string | undefined> {
  let answer: unknown;
  try {
    answer = await redis.call('CONFIG', 'GET', setting);
  } catch (error) {
    if (error instanceof Error && /NOPERM|unknown (sub)?command|not allowed|disabled/i.test(error.message)) {
      return undefined;
    }
    throw error;
  }
  const value: unknown = Array.isArray(answer) ? answer[1] : undefined;
  return typeof value === 'string' ? value : undefined;
}
