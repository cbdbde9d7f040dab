/** CleverTap's regions (data centres) and the host of each: "Region Mapping for API Endpoints" in the document. */

/** Canonical code of a region. */
export type RegionCode = 'eu' | 'us' | 'in' | 'sg' | 'sk' | 'id' | 'ae';

/** One region, as a form's drop-down needs it. */
export interface Region {
  /** What to store and to pass as `region`. */
  readonly code: RegionCode;
  /** What to show. */
  readonly label: string;
  /** Host of the region's API. */
  readonly host: string;
  /** True for the one that CleverTap assumes where none is named. */
  readonly default: boolean;
  /** Other names it is known by; letter case is ignored. */
  readonly aliases: readonly string[];
}

/** The region of an account that names none: "EU (Europe). This is the default data center." */
export const DEFAULT_REGION: RegionCode = 'eu';

function region(code: RegionCode, label: string, host: string, aliases: readonly string[]): Region {
  return Object.freeze({ code, label, host, default: code === DEFAULT_REGION, aliases: Object.freeze(aliases) });
}

/** All regions, in the order in which the document's FAQ lists them for a drop-down; Indonesia and UAE follow. */
export const regions: readonly Region[] = Object.freeze([
  region('eu', 'EU (Europe)', 'api.clevertap.com', ['eu1', 'europe']),
  region('us', 'US (U.S.A)', 'us1.api.clevertap.com', ['us1', 'usa']),
  region('in', 'IN (India)', 'in1.api.clevertap.com', ['in1', 'india']),
  region('sg', 'SG (Singapore)', 'sg1.api.clevertap.com', ['sg1', 'singapore']),
  region('sk', 'SK (South Korea)', 'sk1.api.clevertap.com', ['sk1', 'south korea', 'kr']),
  region('id', 'Indonesia', 'aps3.api.clevertap.com', ['aps3', 'indonesia']),
  region('ae', 'Middle East (UAE)', 'mec1.api.clevertap.com', ['mec1', 'uae', 'middle east']),
]);

const byName: ReadonlyMap<string, Region> = new Map(
  regions.flatMap((entry) =>
    [entry.code, entry.label.toLowerCase(), ...entry.aliases].map((name) => [name, entry] as const),
  ),
);

const byCode: ReadonlyMap<RegionCode, Region> = new Map(regions.map((entry) => [entry.code, entry]));

/** Finds a region by its code, its label or an alias; letter case and surrounding spaces are ignored. */
export function findRegion(name: string): Region | undefined {
  return byName.get(name.trim().toLowerCase());
}

/** The region with this code. */
export function regionByCode(code: RegionCode): Region {
  return byCode.get(code) as Region;
}
