// Rewrites the two functions of the MCP SDK that make the schemas of a protocol revision, so that each schema is made when it is first
// asked for, and those that nobody asks for are left out. The SDK makes all of a revision's at its first message: 1,000 schemas, of which
// a `tools/call` needs a sixth (9 ms of a cold start).
//
// Plain text work on a file whose version package.json pins: a function's body is a list of constants and one returned object in a
// fixed layout (one tab, two for members). Another layout fails the build.

const FUNCTION = /^(function build(?:\$\d)?\(\) \{\n)([\s\S]*?)^\}\n/gm;
const CONSTANT = /^\tconst ([\w$]+) = ([\s\S]*?);\n(?=\t(?:const|function|return|\/\*))/gm;
const RETURNED = /^\treturn \{\n([\s\S]*?\n)\t\};\n/m;
const MEMBER = /^\t\t("[^"\n]+"|[\w$]+)(?:: ([\s\S]*?))?,?\n(?=\t\t["\w]|$(?![\s\S]))/gm;

/** Stands before a constant that is handed over and not called. No text of the SDK has it. */
const UNCALLED = '\u0001';

/** `defer` makes a value at its first use; `deferEach` does so for each member of an object. */
const HELPERS = `const defer = (make) => {
	let made;
	return () => made ??= make();
};
const deferEach = (makers) => {
	const members = {};
	for (const [key, make] of Object.entries(makers)) Object.defineProperty(members, key, { enumerable: true, get: defer(make) });
	return members;
};
`;

function layoutFault(what: string): Error {
  return new Error(`build/deferred-schemas.ts: ${what} of the MCP SDK is laid out in another way`);
}

/** An object's members (its literal's text), each behind a function. A constant is one already. */
function deferMembers(literal: string, constants: ReadonlySet<string>, isRead: (key: string) => boolean): string {
  const lines: string[] = [];
  const rest = literal.replace(MEMBER, (_all, key: string, value: string = key) => {
    if (isRead(key)) lines.push(`\t\t${key}: ${constants.has(value) ? `${UNCALLED}${value}` : `() => (${value})`},\n`);
    return '';
  });
  if (rest !== '') throw layoutFault('a table of schemas');
  return `deferEach({\n${lines.join('')}\t})`;
}

/** A table by method becomes one of deferred members; any other constant is made whole. */
function deferConstant(name: string, value: string, constants: ReadonlySet<string>): string {
  const table = /^\{\n(\t\t"[\s\S]*\n)\t\}$/.exec(value)?.[1];
  const made = table === undefined ? `(${value})` : deferMembers(table, constants, () => true);
  return `\tconst ${name} = /* @__PURE__ */ defer(() => ${made});\n`;
}

function deferBody(body: string, isRead: (key: string) => boolean): string {
  const constants = new Set([...body.matchAll(CONSTANT)].map(([, name = '']) => name));
  if (constants.size < 50 || !RETURNED.test(body)) throw layoutFault('a revision');
  const deferred = body
    .replace(CONSTANT, (_all, name: string, value: string) => deferConstant(name, value, constants))
    .replace(RETURNED, (_all, members: string) => `\treturn ${deferMembers(members, constants, isRead)};\n`);
  // A use of a constant, spread or not, becomes a call: not where it is declared, handed over as it is, or a member or key of that name.
  const names = [...constants].map((name) => name.replaceAll('$', '\\$')).join('|');
  const uses = new RegExp(`(?<![\\w$"'${UNCALLED}]|(?<!\\.\\.)\\.)(?<!const )(${names})(?![\\w$]|: )`, 'g');
  return deferred.replace(uses, '$1()').replaceAll(UNCALLED, '');
}

const FORMS = /^\/\/#region [^\n]*\/shared\/elicitation\.ts\n[\s\S]*?^\/\/#endregion$/m;
const FORM_SCHEMA = /\b(?:\w+SchemaSchema|PrimitiveSchemaDefinitionSchema|ElicitRequestFormParamsSchema)\b/g;
const FORM_CONSTANTS = ['ROOT_KEYS', 'PROPERTY_KEYS_BY_TYPE', 'SUPPORTED_STRING_FORMATS'];

/**
 * What checks a form before a client is asked to fill it in takes its schemas from the older revision's, where they are the same, and is set
 * up at the first form. This endpoint sends none.
 */
function deferForms(source: string): string {
  const edited = source.replace(FORMS, (region) => {
    let text = region.replace(FORM_SCHEMA, 'buildSchemas2025().$&');
    for (const name of FORM_CONSTANTS) {
      const declared = new RegExp(`^const ${name} = ([\\s\\S]*?);\\n(?=\\S)`, 'm');
      if (!declared.test(text)) throw layoutFault(name);
      text = text
        .replace(new RegExp(`(?<!const )\\b${name}\\b`, 'g'), `${name}()`)
        .replace(declared, (_all, value: string) => `const ${name} = /* @__PURE__ */ defer(() => (${value}));\n`);
    }
    return text;
  });
  if (edited === source) throw layoutFault('the check of forms');
  return edited;
}

/** The SDK's text with both revisions' schemas deferred. Throws when it is laid out in another way. */
export function deferSchemas(text: string): string {
  const source = deferForms(text);
  const outside = source.replace(FUNCTION, '');
  const isRead = (key: string): boolean => outside.includes(`.${key}`);
  let found = 0;
  const edited = source.replace(FUNCTION, (_all, head: string, body: string) => {
    found += 1;
    return `${head}${deferBody(body, isRead)}}\n`;
  });
  if (found !== 2) throw layoutFault('the list of revisions');
  return `${HELPERS}${edited}`;
}
