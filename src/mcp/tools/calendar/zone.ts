// IANA time zones by way of Intl: what the clock on the wall shows at an instant, and which instant a wall clock means.
// A wall time is kept as the milliseconds it would be in UTC, so that days and hours can be added without any zone.

export interface Zone {
  /** `Europe/Berlin`, or `UTC+02:00` for a bare offset. */
  readonly name: string;
  /** East of UTC is positive. */
  offsetMs(instantMs: number): number;
}

export const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** More zones than the database has: a bound, not a working set. */
const MAX_CACHED_ZONES = 700;
const cache = new Map<string, Zone>();

/**
 * The name as the database spells it: Intl takes any case, calendar services do not. Intl may know an alias only under another name
 * (`Asia/Kolkata` is `Asia/Calcutta` to it), which nobody wrote: that one serves where the written one is in no spelling of a zone's.
 */
function spell(written: string, resolved: string): string {
  if (resolved.toLowerCase() === written.toLowerCase()) return resolved;
  const shouted = written === written.toUpperCase() && written.includes('/');
  return shouted || written === written.toLowerCase() ? resolved : written;
}

function createIanaZone(written: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: written,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return {
    name: spell(written, format.resolvedOptions().timeZone),
    offsetMs: (instantMs) => {
      const at: Record<string, number> = {};
      for (const part of format.formatToParts(instantMs)) at[part.type] = Number(part.value);
      const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = at;
      return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instantMs / 1000) * 1000;
    },
  };
}

/** A zone by its IANA name, in whatever case; nothing when there is none. Bare offsets (`+02:00`) are no zones: they know no daylight saving. */
export function findZone(name: string): Zone | undefined {
  const known = cache.get(name);
  if (known !== undefined) return known;
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,2}$/.test(name)) return undefined;
  try {
    const zone = createIanaZone(name);
    if (cache.size >= MAX_CACHED_ZONES) cache.clear();
    cache.set(name, zone);
    return zone;
  } catch {
    return undefined;
  }
}

const pad = (value: number, length = 2): string => String(value).padStart(length, '0');

function formatOffset(offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / MINUTE_MS);
  return `${offsetMs < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

export function fixedZone(offsetMs: number): Zone {
  return { name: offsetMs === 0 ? 'UTC' : `UTC${formatOffset(offsetMs)}`, offsetMs: () => offsetMs };
}

export const toWall = (instantMs: number, zone: Zone): number => instantMs + zone.offsetMs(instantMs);

export interface WallReading {
  readonly instantMs: number;
  /** The clock jumps over this time (spring): the instant is the one reckoned with the offset before the jump. */
  readonly skipped: boolean;
}

/**
 * The instant a wall clock means, as RFC 5545 §3.3.5 rules: a time that comes twice is the first one, a time that is
 * jumped over is reckoned with the offset before the jump.
 */
export function fromWall(wallMs: number, zone: Zone): WallReading {
  // No zone is a day off UTC, so a jump near this wall time lies between these two instants.
  const before = zone.offsetMs(wallMs - DAY_MS);
  const after = zone.offsetMs(wallMs + DAY_MS);
  for (const offset of before >= after ? [before, after] : [after, before]) {
    if (zone.offsetMs(wallMs - offset) === offset) return { instantMs: wallMs - offset, skipped: false };
  }
  return { instantMs: wallMs - before, skipped: true };
}

/** `2026-11-24`, from a wall time. */
export const formatDate = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 10);

/** `2026-11-24T15:00:00`, from a wall time. */
export const formatLocal = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 19);

/** RFC 3339 with the zone's offset at that instant. */
export function formatInstant(instantMs: number, zone: Zone): string {
  const offset = zone.offsetMs(instantMs);
  return `${formatLocal(instantMs + offset)}${zone.name === 'UTC' ? 'Z' : formatOffset(offset)}`;
}
