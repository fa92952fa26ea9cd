import { createSecret, type Secret } from '../../src/kernel/secret.ts';
import { createAwsClients } from './parts/aws.ts';
import { type Context, EXIT, runCommand } from './parts/command.ts';
import { type ParameterState, readParameters, writeParameter } from './parts/parameters.ts';
import { demand, preconditions } from './parts/preconditions.ts';
import {
  canAskSecretly,
  confirm,
  demandConfirmable,
  openSecretPrompt,
  readAssignments,
  type SecretPrompt,
} from './parts/prompt.ts';
import { generateSecret, SECRET_FORMS, type SecretForm } from './parts/secret-forms.ts';
import { Stop } from './parts/stop.ts';
import { readServiceValues } from './parts/variables.ts';

// `make secrets`: gives the parameters their values. They come from a person who types them unseen, or from a file descriptor; they leave by
// the API alone. What has a value keeps it unless its name was said.

const TRIES = 3;

type Known = ReadonlyMap<string, ParameterState>;

const stillUnset = (known: Known, form: SecretForm): boolean => known.get(form.name)?.value === undefined;

/** Names that may be overwritten: those that were said. */
function readReplaced({ options }: Context): ReadonlySet<string> {
  const text = options['replace'];
  const said = typeof text === 'string' ? text.split(',').filter((name) => name !== '') : [];
  const unknown = said.find((name) => !SECRET_FORMS.some((form) => form.name === name && form.from !== 'certs'));
  if (unknown !== undefined) throw new Stop(EXIT.usage, `No secret is called ${unknown}. Nothing was changed.`);
  return new Set(said);
}

function checkForm(form: SecretForm, value: string): void {
  const problem = form.problem(value);
  if (problem !== undefined) throw new Stop(EXIT.usage, `${form.name} is refused: ${problem}. Nothing was changed.`);
}

/** From a file descriptor. What is there already, and other, must be named to be replaced. */
async function readGiven(
  descriptor: string,
  known: Known,
  replaced: ReadonlySet<string>,
): Promise<Map<string, Secret>> {
  if (!/^\d{1,4}$/.test(descriptor)) throw new Stop(EXIT.usage, '--from-fd takes the number of a file descriptor.');
  const given = new Map<string, Secret>();
  for (const [name, value] of await readAssignments(Number(descriptor))) {
    const form = SECRET_FORMS.find((one) => one.name === name && one.from !== 'certs');
    if (form === undefined) throw new Stop(EXIT.usage, `No secret is called ${name}. Nothing was changed.`);
    checkForm(form, value);
    const present = known.get(name)?.value?.reveal();
    if (present === value) continue;
    if (present !== undefined && !replaced.has(name)) {
      throw new Stop(EXIT.unconfirmed, `${name} has another value already. Nothing was changed.`, {
        next: `say REPLACE=${name} (--replace ${name}) if it shall be overwritten`,
      });
    }
    given.set(name, createSecret(value));
  }
  return given;
}

async function askFor(context: Context, prompt: SecretPrompt, form: SecretForm): Promise<Secret | undefined> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const value = await prompt.ask(`${form.name} (${form.what}; Enter leaves it): `);
    if (value === '') return undefined;
    const problem = form.problem(value);
    if (problem === undefined) return createSecret(value);
    context.say(`That cannot be: ${problem}.`);
  }
  return undefined;
}

async function askForAll(
  context: Context,
  known: Known,
  { replaced, needed }: { readonly replaced: ReadonlySet<string>; readonly needed: readonly SecretForm[] },
): Promise<Map<string, Secret>> {
  const given = new Map<string, Secret>();
  const asked = SECRET_FORMS.filter(
    (form) => form.from === 'person' && (replaced.has(form.name) || (needed.includes(form) && stillUnset(known, form))),
  );
  if (asked.length === 0) return given;
  context.say('What you type is not shown. Ctrl-C ends it, and nothing is changed.');
  const prompt = openSecretPrompt();
  try {
    for (const form of asked) {
      const value = await askFor(context, prompt, form);
      if (value !== undefined) given.set(form.name, value);
    }
  } finally {
    prompt.close();
  }
  return given;
}

function report(
  context: Context,
  written: ReadonlyMap<string, Secret>,
  known: Known,
  needed: readonly SecretForm[],
): void {
  const { print, environment } = context;
  for (const form of SECRET_FORMS) {
    const state = written.has(form.name)
      ? 'written'
      : !stillUnset(known, form)
        ? 'as it was'
        : needed.includes(form)
          ? form.from === 'certs'
            ? `made by make certs ENV=${environment}`
            : 'STILL UNSET'
          : 'not needed';
    print(`${form.name.padEnd(24)} ${state}`);
  }
}

await runCommand({
  name: 'secrets',
  summary: 'Gives the parameters in Parameter Store their values: asks without echo, or reads a file descriptor.',
  options: {
    'from-fd': { type: 'string', value: 'N', help: 'read lines of NAME=value from file descriptor N' },
    replace: { type: 'string', value: 'NAME,…', help: 'overwrite these, which have a value' },
  },
  help: `Names: ${SECRET_FORMS.filter(({ from }) => from !== 'certs')
    .map(({ name }) => name)
    .join(', ')}.\nWhat is made here (hmac-master, origin-secret) is made where nothing is there.`,
  run: async (context) => {
    const { environment, names, say, options } = context;
    const descriptor = options['from-fd'];
    if (descriptor === undefined && !canAskSecretly()) {
      throw new Stop(EXIT.missing, 'There is no terminal to ask at. Nothing was changed.', {
        next: `make secrets ENV=${environment} ${environment === 'prod' ? 'CONFIRM=prod' : 'YES=1'} FD=3 3< FILE`,
      });
    }
    demandConfirmable(context);
    const replaced = readReplaced(context);
    const aws = createAwsClients();
    await preconditions(() => aws, names, { foundation: true });
    const known = await readParameters(aws, names);
    const absent = SECRET_FORMS.filter(({ name }) => !known.has(name));
    demand(
      absent.map(({ name }) => ({
        what: `the parameter ${names.parameter(name)} is not there`,
        mend: `make bootstrap ENV=${environment}`,
      })),
    );
    const values = readServiceValues(environment);
    const needed = SECRET_FORMS.filter((form) => values.needs(form));
    const given =
      typeof descriptor === 'string'
        ? await readGiven(descriptor, known, replaced)
        : await askForAll(context, known, { replaced, needed });
    for (const form of SECRET_FORMS) {
      const isMade =
        form.from === 'here' && !given.has(form.name) && (stillUnset(known, form) || replaced.has(form.name));
      if (isMade) given.set(form.name, createSecret(generateSecret()));
    }
    if (given.size > 0) {
      say(`To be written, encrypted with ${names.keyAlias('secrets')}: ${[...given.keys()].join(', ')}.`);
      for (const form of SECRET_FORMS) {
        const { replacing } = form;
        if (given.has(form.name) && !stillUnset(known, form) && replacing !== undefined) say(`Mind: ${replacing}.`);
      }
      await confirm(context, `This writes ${given.size} of the secrets of ${environment}.`);
    }
    for (const [name, value] of given) {
      await writeParameter(aws, names, name, value);
      say(`written: ${names.parameter(name)}`);
    }
    report(context, given, known, needed);
    const isUnset = (form: SecretForm): boolean => stillUnset(known, form) && !given.has(form.name);
    const open = needed.filter((form) => form.from !== 'certs' && isUnset(form));
    say(
      open.length > 0
        ? `Next: make secrets ENV=${environment}, for what is still unset`
        : `Next: make certs ENV=${environment}`,
    );
    return EXIT.done;
  },
});
