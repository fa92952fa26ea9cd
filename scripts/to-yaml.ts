// JSON data as YAML 1.2, for documents that are generated: block style, strings quoted as in JSON wherever plain ones could be read
// as something else. It writes no comments, anchors or tags.

const PLAIN_KEY = /^[A-Za-z_/$][\w/{}$.-]*$/;
const RESERVED = /^(?:true|false|null|yes|no|on|off|y|n|~)$/i;
const PLAIN_TEXT = /^[A-Za-z][\w ,.()/’“”-]*$/;

function key(name: string): string {
  return PLAIN_KEY.test(name) && !RESERVED.test(name) ? name : JSON.stringify(name);
}

function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return PLAIN_TEXT.test(value) && !value.endsWith(' ') && !RESERVED.test(value) ? value : JSON.stringify(value);
}

function isCollection(value: unknown): value is object {
  return value !== null && typeof value === 'object' && Object.keys(value).length > 0;
}

function write(value: unknown, indent: string): string {
  if (value !== null && typeof value === 'object' && !isCollection(value))
    return Array.isArray(value) ? ' []\n' : ' {}\n';
  if (!isCollection(value)) return ` ${scalar(value)}\n`;
  if (Array.isArray(value)) {
    // An item's first member stands beside its dash.
    const items = value.map(
      (item) => `${indent}-${isCollection(item) ? ` ${write(item, `${indent}  `).trimStart()}` : write(item, indent)}`,
    );
    return `\n${items.join('')}`;
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const lines = members.map(
    ([name, member]) => `${indent}${key(name)}:${write(member, Array.isArray(member) ? indent : `${indent}  `)}`,
  );
  return `\n${lines.join('')}`;
}

export function toYaml(value: unknown): string {
  return write(value, '').trimStart();
}
