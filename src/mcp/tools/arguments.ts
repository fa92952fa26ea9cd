import { AppError } from '../../kernel/app-error.ts';
import type { JsonObject } from './tool.ts';

// Reads arguments that have passed the input schema. A value of another type can only mean that nobody checked: refused.

function wrongType(name: string): AppError {
  return new AppError('invalid_request', `${name} is missing or of the wrong type.`);
}

export function optionalText(args: JsonObject, name: string): string | undefined {
  const value = args[name];
  if (value === undefined || typeof value === 'string') return value;
  throw wrongType(name);
}

export function text(args: JsonObject, name: string): string {
  const value = optionalText(args, name);
  if (value === undefined || value === '') throw wrongType(name);
  return value;
}

export function optionalTexts(args: JsonObject, name: string): readonly string[] | undefined {
  const value = args[name];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw wrongType(name);
}

export function flag(args: JsonObject, name: string): boolean {
  const value = args[name];
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  throw wrongType(name);
}

export function count(args: JsonObject, name: string, fallback?: number): number {
  const value = args[name] ?? fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw wrongType(name);
}

export function optionalChoice<Choice extends string>(
  args: JsonObject,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = optionalText(args, name);
  const found = choices.find((choice) => choice === value);
  if (value !== undefined && found === undefined) throw wrongType(name);
  return found;
}
