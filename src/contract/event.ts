import type { Params } from './params.js';
import type { TimestampInput } from './timestamp.js';

/**
 * Which UTM fields an install must have, since the document contradicts itself: `all` three (its table) or `any` one
 * (its note). For custom events all three are optional either way.
 */
export type UtmPolicy = 'all' | 'any';

/** The platform of the app; `android` and `ios` are sent in lower case, any other name as given. */
export type Platform = 'android' | 'ios' | (string & {});

/**
 * What every event has.
 *
 * @expand
 */
export interface EventFields {
  /** The CleverTap ID that the app's CleverTap SDK gave; see `inspectDeviceIdentifier` for what it looks like. */
  readonly deviceIdentifier: string;
  /** Platform of the app: `android`, `ios`, `React Native` … */
  readonly platform: Platform;
  /**
   * When it happened. Not given: the moment of the call, stamped before the first attempt. `null`: not sent, and CleverTap
   * takes the time of processing.
   */
  readonly timestamp?: TimestampInput | null | undefined;
  /** Extra parameters, passed through as they are. */
  readonly params?: Params | undefined;
}

/** A field that may be missing; `null`, as databases give it, counts as missing, and so does an empty text. */
export type OptionalText = string | null | undefined;

/** The UTM fields of an install under the policy `all`. */
export interface AllUtm {
  /** Campaign Source, for example `google`. */
  readonly utmSource: string;
  /** Campaign Medium, for example `cpc`. */
  readonly utmMedium: string;
  /** Campaign Name, for example `summer-sale`. */
  readonly utmCampaign: string;
}

/**
 * The UTM fields of a custom event.
 *
 * @expand
 */
export interface OptionalUtm {
  /** Campaign Source, for example `google`. */
  readonly utmSource?: OptionalText;
  /** Campaign Medium, for example `cpc`. */
  readonly utmMedium?: OptionalText;
  /** Campaign Name, for example `summer-sale`. */
  readonly utmCampaign?: OptionalText;
}

/** One UTM field that is there for sure, whichever it is. */
export type SomeUtm = Pick<AllUtm, 'utmSource'> | Pick<AllUtm, 'utmMedium'> | Pick<AllUtm, 'utmCampaign'>;

/** The UTM fields of an install under a policy. */
export type InstallUtm<Policy extends UtmPolicy = 'all'> = Policy extends 'all' ? AllUtm : OptionalUtm & SomeUtm;

/** An install that no campaign brought about. Off by default on a customer's dashboard (Settings > Partners). */
export type OrganicInstall<Policy extends UtmPolicy = 'all'> = EventFields &
  InstallUtm<Policy> & {
    /** Sent as `event_type`. */
    readonly type: 'organic_install';
  };

/** An install that a campaign brought about. Always accepted from a listed partner. */
export type InorganicInstall<Policy extends UtmPolicy = 'all'> = EventFields &
  InstallUtm<Policy> & {
    /** Sent as `event_type`. */
    readonly type: 'inorganic_install';
  };

/** An event of the partner's own naming. Off by default on a customer's dashboard (Settings > Partners). */
export type CustomEvent = EventFields &
  OptionalUtm & {
    /** Says that the event has a `name`, which is sent as `event_type`. */
    readonly type: 'custom';
    /** Name of the event, 1 to 512 characters, for example `Add_to_cart`; not the name of an install type. */
    readonly name: string;
  };

/** What `send` takes; `type` tells the three apart. */
export type AttributionEvent<Policy extends UtmPolicy = 'all'> =
  OrganicInstall<Policy> | InorganicInstall<Policy> | CustomEvent;

/** The kinds of event. */
export type EventType = AttributionEvent['type'];

/**
 * What every checked event has.
 *
 * @expand
 */
export interface ParsedFields {
  /** The CleverTap ID, trimmed. */
  readonly deviceIdentifier: string;
  /** Platform of the app, as it is sent. */
  readonly platform: string;
  /** Epoch seconds; null: not sent. */
  readonly timestamp: number | null;
  /** Extra parameters as texts. */
  readonly params: Readonly<Record<string, string>>;
}

/**
 * The UTM fields of a checked event, of which any may be missing.
 *
 * @expand
 */
export interface ParsedUtm {
  /** Campaign Source. */
  readonly utmSource?: string | undefined;
  /** Campaign Medium. */
  readonly utmMedium?: string | undefined;
  /** Campaign Name. */
  readonly utmCampaign?: string | undefined;
}

/** The UTM fields of a checked install under a policy. */
export type ParsedInstallUtm<Policy extends UtmPolicy = 'all'> = Policy extends 'all' ? AllUtm : ParsedUtm & SomeUtm;

/** A checked `OrganicInstall`. */
export type ParsedOrganicInstall<Policy extends UtmPolicy = 'all'> = ParsedFields &
  ParsedInstallUtm<Policy> & {
    /** Sent as `event_type`. */
    readonly type: 'organic_install';
  };

/** A checked `InorganicInstall`. */
export type ParsedInorganicInstall<Policy extends UtmPolicy = 'all'> = ParsedFields &
  ParsedInstallUtm<Policy> & {
    /** Sent as `event_type`. */
    readonly type: 'inorganic_install';
  };

/** A checked `CustomEvent`. */
export type ParsedCustomEvent = ParsedFields &
  ParsedUtm & {
    /** Says that the event has a `name`, which is sent as `event_type`. */
    readonly type: 'custom';
    /** Name of the event, trimmed. */
    readonly name: string;
  };

/**
 * A checked event as it goes on the wire: trimmed, stamped, with its extra parameters as texts.
 *
 * It is a valid input again under the policy it was checked by and parses to itself, so it can be stored and sent later
 * without moving in time. What was checked by `all` can be sent under `any` as well.
 */
export type ParsedEvent<Policy extends UtmPolicy = 'all'> =
  ParsedOrganicInstall<Policy> | ParsedInorganicInstall<Policy> | ParsedCustomEvent;
