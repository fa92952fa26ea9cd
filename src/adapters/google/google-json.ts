import { isJsonObject } from '../../kernel/json-object.ts';
// Reading what Google answered without trusting its shape: a member of another type counts as absent.

export type JsonRecord = Readonly<Record<string, unknown>>;

export function readRecord(from: JsonRecord, name: string): JsonRecord {
  const value = from[name];
  return isJsonObject(value) ? value : {};
}

export function readText(from: JsonRecord, name: string): string | undefined {
  const value = from[name];
  return typeof value === 'string' ? value : undefined;
}

export function readFlag(from: JsonRecord, name: string): boolean | undefined {
  const value = from[name];
  return typeof value === 'boolean' ? value : undefined;
}

export function readRecords(from: JsonRecord, name: string): readonly JsonRecord[] {
  const value = from[name];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export function readTexts(from: JsonRecord, name: string): readonly string[] {
  const value = from[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The body as a JSON object, or nothing when it is anything else. */
export function parseBody(body: Uint8Array): JsonRecord | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
