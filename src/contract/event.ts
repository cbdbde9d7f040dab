import type { Params } from './params.js';
import type { TimestampInput } from './timestamp.js';

/**
 * Which UTM fields an install must have, since the document contradicts itself: `all` three (its table) or `any` one
 * (its note). For custom events all three are optional either way.
 */
export type UtmPolicy = 'all' | 'any';

/** The platform of the app; `android` and `ios` are sent in lower case, any other name as given. */
export type Platform = 'android' | 'ios' | (string & {});

interface EventFields {
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

interface AllUtm {
  /** Campaign Source, for example `google`. */
  readonly utmSource: string;
  /** Campaign Medium, for example `cpc`. */
  readonly utmMedium: string;
  /** Campaign Name, for example `summer-sale`. */
  readonly utmCampaign: string;
}

interface OptionalUtm {
  /** Campaign Source, for example `google`. */
  readonly utmSource?: OptionalText;
  /** Campaign Medium, for example `cpc`. */
  readonly utmMedium?: OptionalText;
  /** Campaign Name, for example `summer-sale`. */
  readonly utmCampaign?: OptionalText;
}

type AnyUtm = OptionalUtm & (Pick<AllUtm, 'utmSource'> | Pick<AllUtm, 'utmMedium'> | Pick<AllUtm, 'utmCampaign'>);

type InstallUtm<Policy extends UtmPolicy> = Policy extends 'all' ? AllUtm : AnyUtm;

/** An install that no campaign brought about. Off by default on a customer's dashboard (Settings > Partners). */
export type OrganicInstall<Policy extends UtmPolicy = 'all'> = EventFields &
  InstallUtm<Policy> & { readonly type: 'organic_install' };

/** An install that a campaign brought about. Always accepted from a listed partner. */
export type InorganicInstall<Policy extends UtmPolicy = 'all'> = EventFields &
  InstallUtm<Policy> & { readonly type: 'inorganic_install' };

/** An event of the partner's own naming. Off by default on a customer's dashboard (Settings > Partners). */
export type CustomEvent = EventFields &
  OptionalUtm & {
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
 * A checked event as it goes on the wire: trimmed, stamped, with its extra parameters as texts.
 *
 * At run time it is a valid input again and parses to itself, so it can be stored and sent later without moving in time.
 */
export type ParsedEvent = {
  readonly deviceIdentifier: string;
  readonly platform: string;
  /** Epoch seconds; null: not sent. */
  readonly timestamp: number | null;
  readonly params: Readonly<Record<string, string>>;
  readonly utmSource?: string | undefined;
  readonly utmMedium?: string | undefined;
  readonly utmCampaign?: string | undefined;
} & ({ readonly type: 'organic_install' | 'inorganic_install' } | { readonly type: 'custom'; readonly name: string });
