// A value that must not be shown. However it is printed (template, JSON, console.log) it prints as `[secret]`;
// only `reveal()` gives it up, so every use of a secret can be found by searching for that word.

/** `util.inspect.custom` (https://nodejs.org/api/util.html#utilinspectcustom), without loading `node:util` at every cold start. */
const inspectCustom = Symbol.for('nodejs.util.inspect.custom');

export interface Secret<Value = string> {
  reveal(): Value;
  toString(): string;
  toJSON(): string;
}

const SHOWN = '[secret]';

export function createSecret<Value>(value: Value): Secret<Value> {
  return Object.freeze({
    reveal: () => value,
    toString: () => SHOWN,
    toJSON: () => SHOWN,
    [inspectCustom]: () => SHOWN,
  });
}
