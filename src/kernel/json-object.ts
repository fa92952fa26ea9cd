/** What stands between braces in JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Neither a list nor `null`, which JavaScript calls objects, too. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
