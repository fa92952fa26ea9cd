import { isoTime } from '../kernel/iso-time.ts';
import { holdsScope } from '../trust/scope.ts';
import type { GoogleScope, OAuthSettings } from './settings.ts';

// Between the three languages of consent: Sallyport's scopes, Google's, and a person's.

type Scopes = OAuthSettings['scopes'];

/** Every configured scope that holding `scopes` brings (write includes read). */
function included(known: Scopes, scopes: readonly string[]): readonly string[] {
  return Object.keys(known).filter((scope) => holdsScope(scopes, scope));
}

function needs(known: Scopes, scopes: readonly string[]): readonly GoogleScope[] {
  return included(known, scopes).flatMap((scope) => known[scope]?.google ?? []);
}

/** What to ask Google for: each once, and none that a broader one brings anyway. */
export function googleScopesFor(known: Scopes, scopes: readonly string[]): readonly string[] {
  const all = needs(known, scopes);
  const asked = new Set(all.map(({ scope }) => scope));
  return [...new Set(all.filter(({ coveredBy = [] }) => !coveredBy.some((broad) => asked.has(broad))))].map(
    ({ scope }) => scope,
  );
}

export interface Consent {
  /** Those of the wished scopes that Google's answer really carries, the narrower one where only that is left. */
  readonly granted: readonly string[];
  /** In words, what was wished and will not work. */
  readonly notWorking: readonly string[];
}

/** Reads Google's answer: a person may untick boxes there. */
export function readConsent(known: Scopes, wished: readonly string[], google: readonly string[]): Consent {
  const has = ({ scope, coveredBy = [] }: GoogleScope): boolean =>
    google.includes(scope) || coveredBy.some((broad) => google.includes(broad));
  const granted = included(known, wished).filter((scope) => known[scope]?.google?.some(has) ?? true);
  const missing = needs(known, wished).filter((part) => !has(part));
  return { granted, notWorking: [...new Set(missing.map(({ allows }) => allows))] };
}

/** Scopes that need a Google account. */
export function googleBacked(known: Scopes): readonly string[] {
  return Object.keys(known).filter((scope) => known[scope]?.google !== undefined);
}

/** What `scopes` allow, in words; a scope without words stands for itself. */
export function inWords(known: Scopes, scopes: readonly string[]): readonly string[] {
  return [...new Set([...included(known, scopes), ...scopes])].map((scope) => known[scope]?.words ?? scope);
}

/** What these Google scopes allow, in words. */
export function googleInWords(known: Scopes, google: readonly string[]): readonly string[] {
  const parts = Object.values(known).flatMap((meaning) => meaning.google ?? []);
  const held = parts.filter(
    ({ scope, coveredBy = [] }) => google.includes(scope) || coveredBy.some((broad) => google.includes(broad)),
  );
  return [...new Set(held.map(({ allows }) => allows))];
}

export const dateInWords = (unixSeconds: number): string => isoTime(unixSeconds).slice(0, 10);
