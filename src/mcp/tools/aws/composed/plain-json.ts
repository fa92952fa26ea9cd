import { isJsonObject } from '../../../../kernel/json-object.ts';
// Looks into AWS's answers once they are plain JSON. What is not there, or of another type, is `undefined` or nothing: AWS leaves members out.

export type Json = Readonly<Record<string, unknown>>;

export function objectIn(value: Json | undefined, name: string): Json {
  const held = value?.[name];
  return isJsonObject(held) ? held : {};
}

export function textIn(value: Json | undefined, name: string): string | undefined {
  const held = value?.[name];
  return typeof held === 'string' && held !== '' ? held : undefined;
}

export function numberIn(value: Json | undefined, name: string): number | undefined {
  const held = value?.[name];
  return typeof held === 'number' && Number.isFinite(held) ? held : undefined;
}

export function objectsIn(value: Json | undefined, name: string): readonly Json[] {
  const held = value?.[name];
  return Array.isArray(held) ? held.filter(isJsonObject) : [];
}

export function textsIn(value: Json | undefined, name: string): readonly string[] {
  const held = value?.[name];
  return Array.isArray(held) ? held.filter((item): item is string => typeof item === 'string') : [];
}

/** Without the members that are `undefined`: an answer's schema knows absence, not emptiness. */
export function present(value: Json): Json {
  return Object.fromEntries(Object.entries(value).filter(([, held]) => held !== undefined));
}
