import { inspect } from 'node:util';

// A value that must not be shown. However it is printed (template, JSON, console.log) it prints as `[secret]`;
// only `reveal()` gives it up, so every use of a secret can be found by searching for that word.

export interface Secret<Value = string> {
  reveal(): Value;
  toString(): string;
  toJSON(): string;
  [inspect.custom](): string;
}

const SHOWN = '[secret]';

export function createSecret<Value>(value: Value): Secret<Value> {
  return Object.freeze({
    reveal: () => value,
    toString: () => SHOWN,
    toJSON: () => SHOWN,
    [inspect.custom]: () => SHOWN,
  });
}
