import { z } from 'zod';
import { credentialsSchema, type Credentials, type CredentialsInput } from '../contract/credentials.js';
import type { UtmPolicy } from '../contract/event.js';
import { trimSpaces } from '../contract/text.js';
import { validate } from '../contract/validate.js';
import type { ReceivedRequest } from './received-request.js';

/** Settings of an emulator. */
export interface EmulatorOptions {
  /**
   * The accounts it knows. The same project with different passcodes is valid with each of them, as while a passcode is
   * replaced. @default none
   */
  readonly accounts?: readonly CredentialsInput[] | undefined;
  /** Whitelisted partner names. @default any that is not empty */
  readonly partners?: readonly string[] | undefined;
  /** Which UTM parameters an install must have, where the document contradicts itself. @default 'all' */
  readonly requiredUtm?: UtmPolicy | undefined;
  /** Status of a refusal of credentials: the document's table says 401, its FAQ 403. @default 401 */
  readonly authenticationStatus?: 401 | 403 | undefined;
  /** Start of the random numbers behind faults with a `probability`. @default 1 */
  readonly seed?: number | undefined;
  /** Number of newest requests that `received` keeps; `counts` are exact all the same. @default 10_000 */
  readonly keep?: number | undefined;
  /** Called with the log's entry of each request, as it arrives. If it throws, that becomes an uncaught exception. */
  readonly onRequest?: ((entry: ReceivedRequest) => void) | undefined;
  /** The clock for `at` and for faults with `forMs`, in epoch milliseconds; waits go by real time. @default Date.now */
  readonly now?: (() => number) | undefined;
}

/** Settings of an emulator that listens once per region. */
export interface RegionsListenOptions extends EmulatorOptions {
  /** One listener per region, each of which takes only its own accounts. @default 'regions' */
  readonly listen?: 'regions' | undefined;
  /** Cannot be chosen: each listener takes any free port. */
  readonly port?: undefined;
}

/** Settings of an emulator that listens on one port, where no region is checked. */
export interface SingleListenOptions extends EmulatorOptions {
  /** One listener for everything. */
  readonly listen: 'single';
  /** Port of the loopback address. @default any free port */
  readonly port?: number | undefined;
}

/** Settings of `startEmulator`. */
export type ListenOptions = RegionsListenOptions | SingleListenOptions;

/** Checked settings with their defaults. */
export interface ResolvedEmulatorOptions {
  readonly accounts: readonly Credentials[];
  readonly partners: readonly string[] | undefined;
  readonly requiredUtm: UtmPolicy;
  readonly authenticationStatus: 401 | 403;
  readonly seed: number;
  readonly keep: number;
  readonly onRequest: ((entry: ReceivedRequest) => void) | undefined;
  readonly now: () => number;
}

/** Checked settings of `startEmulator` with their defaults. */
export interface ResolvedListenOptions extends ResolvedEmulatorOptions {
  readonly listen: 'regions' | 'single';
  readonly port: number;
}

const isFunction = (value: unknown) => typeof value === 'function';

const partnerName = z
  .string()
  .transform(trimSpaces)
  .refine((name) => name !== '', 'must not be empty');

const emulatorFields = {
  accounts: z.array(credentialsSchema).optional(),
  partners: z.array(partnerName).optional(),
  requiredUtm: z.enum(['all', 'any']).optional(),
  authenticationStatus: z.literal([401, 403]).optional(),
  seed: z.int().optional(),
  keep: z.int().min(0).optional(),
  onRequest: z.custom<(entry: ReceivedRequest) => void>(isFunction, 'must be a function').optional(),
  now: z.custom<() => number>(isFunction, 'must be a function').optional(),
};

const emulatorSchema = z.strictObject(emulatorFields);

const listenSchema = z
  .strictObject({
    ...emulatorFields,
    listen: z.enum(['regions', 'single']).optional(),
    port: z.int().min(0).max(65_535).optional(),
  })
  .check((context) => {
    const { listen, port } = context.value;
    if (port === undefined || listen === 'single') return;
    const message = 'goes with listen: "single" only; listen: "regions" takes a free port for each region';
    context.issues.push({ code: 'custom', input: undefined, path: ['port'], message });
  });

/** Checks the settings of `createEmulator`. */
export function resolveEmulatorOptions(options: EmulatorOptions): ResolvedEmulatorOptions {
  return withDefaults(validate(emulatorSchema, options, 'emulator options'));
}

/** Checks the settings of `startEmulator`. */
export function resolveListenOptions(options: ListenOptions): ResolvedListenOptions {
  const checked = validate(listenSchema, options, 'emulator options');
  return { ...withDefaults(checked), listen: checked.listen ?? 'regions', port: checked.port ?? 0 };
}

function withDefaults(checked: z.infer<typeof emulatorSchema>): ResolvedEmulatorOptions {
  return {
    accounts: checked.accounts ?? [],
    partners: checked.partners,
    requiredUtm: checked.requiredUtm ?? 'all',
    authenticationStatus: checked.authenticationStatus ?? 401,
    seed: checked.seed ?? 1,
    keep: checked.keep ?? 10_000,
    onRequest: checked.onRequest,
    now: checked.now ?? Date.now,
  };
}
