import { hash } from 'node:crypto';

// What an upstream's tools are called here: `<server>__<tool>`, in the characters and the length that every model's provider takes.

/** Letters, digits and single separators; two underscores part the server from the tool. */
export const SERVER_NAME = /^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/;
export const MAX_SERVER_NAME = 24;
const MAX_TOOL_NAME = 64;
const SEPARATOR = '__';
const HASH_CHARACTERS = 8;

export function isServerName(name: string): boolean {
  return name.length <= MAX_SERVER_NAME && SERVER_NAME.test(name);
}

/** What scopes and toolsets are called: `aws-docs` gives `aws_docs.read`. */
export function toolsetOf(server: string): string {
  return server.replaceAll('-', '_');
}

/** The same for the same tool, always; a name that had to be changed carries a hash of the real one, so that no two become one. */
export function exposedName(server: string, tool: string): string {
  const plain = `${server}${SEPARATOR}${tool.replace(/[^A-Za-z0-9_-]/g, '_')}`;
  if (plain === `${server}${SEPARATOR}${tool}` && plain.length <= MAX_TOOL_NAME) return plain;
  const suffix = `_${hash('sha256', tool, 'hex').slice(0, HASH_CHARACTERS)}`;
  return `${plain.slice(0, MAX_TOOL_NAME - suffix.length)}${suffix}`;
}

/** Whether a name fits a list of names in which `*` stands for anything. */
export function matches(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => {
    const [first = '', ...rest] = pattern.split('*');
    if (rest.length === 0) return pattern === name;
    if (!name.startsWith(first)) return false;
    let at = first.length;
    const last = rest.pop() ?? '';
    for (const part of rest) {
      const found = name.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return name.length - last.length >= at && name.endsWith(last);
  });
}
