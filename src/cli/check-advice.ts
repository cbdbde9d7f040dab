import { inspectDeviceIdentifier } from '../contract/device-identifier.js';
import type { ParsedEvent, UtmPolicy } from '../contract/event.js';
import { toSingleLine } from '../contract/text.js';
import { describeControlCharacter, fieldsWithControlCharacters } from './control-characters.js';
import type { InputRecord } from './input-record.js';

/** Something that is odd about records, and no mistake. */
export interface Advice {
  readonly message: string;
  /** Records that it is said of. */
  readonly count: number;
  /** The first of them. */
  readonly first: Pick<InputRecord, 'path' | 'line'>;
}

// Parts of the messages come from the file, so that without a bound their number is the file's to decide.
const MAX_MESSAGES = 1_000;
// Some 100 bytes each; beyond so many, ids that are there twice are told of those before alone.
const MAX_IDS = 500_000;

/** Collects what is odd about the good records of files, in memory that does not grow with them beyond a bound. */
export class AdviceCollector {
  readonly #byMessage = new Map<string, { count: number; readonly first: Advice['first'] }>();
  readonly #ids = new Set<string>();

  /** Looks at a record and its event. */
  inspect(record: InputRecord, event: ParsedEvent<UtmPolicy>): void {
    const { deviceIdentifier, platform } = event;
    for (const { message } of inspectDeviceIdentifier(deviceIdentifier, platform))
      this.#add(record, `device identifier ${message}`);
    if (platform !== 'android' && platform !== 'ios')
      this.#add(record, `platform "${toSingleLine(platform, 40)}" is neither android nor ios`);
    for (const field of fieldsWithControlCharacters(event)) this.#add(record, describeControlCharacter(field));
    this.#inspectId(record);
  }

  /** What was found, in the order in which it came up. */
  get all(): readonly Advice[] {
    return [...this.#byMessage].map(([message, { count, first }]) => ({ message, count, first }));
  }

  #inspectId(record: InputRecord): void {
    const id = record.item?.id;
    if (id === undefined) return;
    if (this.#ids.has(id)) this.#add(record, 'id is that of an earlier record: an outbox stores the first alone');
    else if (this.#ids.size < MAX_IDS) this.#ids.add(id);
  }

  #add({ path, line }: InputRecord, message: string): void {
    const text = this.#byMessage.has(message) || this.#byMessage.size < MAX_MESSAGES ? message : '(other)';
    const known = this.#byMessage.get(text);
    if (known === undefined) this.#byMessage.set(text, { count: 1, first: { path, line } });
    else known.count += 1;
  }
}
