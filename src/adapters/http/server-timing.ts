import type { PassedDoor } from '../../ports/tool-client.ts';

// Reads what the MCP API says of the checks that a call passed (`Server-Timing`, https://www.w3.org/TR/server-timing/). Only what it writes itself is
// understood; anything else is left out, for it ends up before a person's eyes.

const ENTRY = /^([a-z_]{1,32})(?:;desc=([a-z_]{1,32}))?;dur=(\d{1,9}(?:\.\d{1,3})?)$/;
/** Twice as many as there are. */
const MAX_ENTRIES = 16;

export function readServerTiming(header: string | undefined): readonly PassedDoor[] {
  if (header === undefined) return [];
  return header.split(', ', MAX_ENTRIES).flatMap((entry) => {
    const [, name, note, duration] = ENTRY.exec(entry) ?? [];
    if (name === undefined || duration === undefined) return [];
    return [{ name, ms: Number(duration), ...(note !== undefined && { note }) }];
  });
}
