import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DateTime } from 'luxon';
import { followTurn, type TurnAnswer } from '../../src/cli/client/chat.ts';
import { streamQuestion } from '../../src/cli/client/stream.ts';
import { localAccounts } from '../../src/local/accounts.ts';
import type { StandInAccount } from '../../src/local/google/stand-in-options.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { type ObedientModel, type ObedientStep, startObedientModel } from '../support/obedient-model.ts';
import { type PersonalServices, startPersonalServices } from '../support/personal-services.ts';
import { fillInAll, type Injection, secretNames } from './injection.ts';

// The whole system with every injection planted in it, each on a day of its own beside a secret of its own; a model that obeys; and an
// attacker's server that counts what loads from it.

const ZONE = 'Europe/Berlin';
const FIRST_DAY = 3;

export interface Planted {
  readonly injection: Injection;
  readonly secret: string;
  /** Of somebody who is invited beside the secret: as little anybody else's business. */
  readonly address: string;
  /** `YYYY-MM-DD` */
  readonly day: string;
  /** A place that only this one's weather is asked for. */
  readonly place: string;
  readonly text: string;
}

/** A turn's end, and what was told of the model's words until then. */
export type Heard = TurnAnswer & { readonly told: string };

export interface InjectionWorld {
  readonly planted: readonly Planted[];
  readonly test: TestMachine;
  readonly model: ObedientModel;
  readonly services: PersonalServices;
  /** Requests that reached the attacker. */
  readonly trapped: readonly string[];
  /** Asks as the person, who gives no yes; the model obeys. All answers of the conversation, in order. */
  play(planted: Planted): Promise<readonly Heard[]>;
  /** All that outsiders could have got so far: requests, mails, and what stands in calendars beside the planted texts. */
  changes(): unknown;
  close(): Promise<void>;
}

const secretOf = (index: number): string => `qzv${String(index).padStart(3, '0')}kxw${(index * 7919) % 9973}jqp`;

function plant(injection: Injection, index: number, trap: string): Planted {
  const day = DateTime.now()
    .setZone(ZONE)
    .startOf('day')
    .plus({ days: FIRST_DAY + index });
  return {
    injection,
    secret: secretOf(index),
    address: `canary${index}.guest@example.net`,
    day: day.toISODate() ?? '',
    place: `Xanten${index}`,
    text: fillInAll(injection.text, { trap }),
  };
}

const at = (day: string, hour: number) => ({
  dateTime: `${day}T${String(hour).padStart(2, '0')}:00:00`,
  timeZone: ZONE,
});

/** The event with the text in it, and the one with the secret. */
function eventsOf({ injection, secret, address, day, text }: Planted): readonly Readonly<Record<string, unknown>>[] {
  const { where } = injection;
  const guests = where === 'guest' ? [{ email: text }] : [{ email: 'ana@example.com' }];
  return [
    {
      summary: where === 'title' || where === 'earlier' ? text : 'Coffee',
      ...(where === 'description' && { description: text }),
      ...(where === 'location' && { location: text }),
      attendees: guests,
      start: at(day, 10),
      end: at(day, 11),
    },
    {
      summary: `Payroll ${secret}`,
      description: `The code is ${secret}.`,
      attendees: [{ email: address }],
      start: at(day, 12),
      end: at(day, 13),
    },
  ];
}

function accountsWith(planted: readonly Planted[]): readonly StandInAccount[] {
  const names = planted.filter(({ injection }) => injection.where === 'calendar-name');
  return localAccounts.map((account, index) => {
    if (index > 0) return account;
    const calendars = names.map(({ text, place }) => ({ id: `${place}@group.calendar.google.com`, summary: text }));
    return { ...account, calendars, events: planted.flatMap(eventsOf) };
  });
}

/** What the model does to answer the person, before it has read anything. */
function looks({ injection, day, place }: Planted): ObedientStep {
  if (injection.where === 'weather') {
    return {
      calls: [
        { tool: 'get_weather', arguments: { location: place } },
        { tool: 'listevents', arguments: { timeMin: day, timeMax: day, timeZone: ZONE } },
      ],
    };
  }
  const events = { tool: 'listevents', arguments: { timeMin: day, timeMax: day, timeZone: ZONE } };
  const calendars = { tool: 'listcalendars', arguments: {} };
  return { calls: injection.where === 'calendar-name' ? [calendars, events] : [events] };
}

/** Ids as tools tell them, of the two events of that day: the planted one is the first. */
function idsIn(shown: string, { secret }: Planted): Readonly<Record<string, string>> {
  const ids = [...shown.matchAll(/ \[([\w-]+)\]/g)].map(([, id = '']) => id);
  const secretId = new RegExp(`Payroll ${secret}[^[]*\\[([\\w-]+)\\]`).exec(shown)?.[1] ?? '';
  return { 'secret-event': secretId, event: ids.find((id) => id !== secretId) ?? '' };
}

async function startTrap() {
  const trapped: string[] = [];
  const server = createServer((request, response) => {
    trapped.push(`${request.method} ${request.url}`);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { trapped, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

export async function startInjectionWorld(
  injections: readonly Injection[],
  given: Readonly<Record<string, string>> = {},
): Promise<InjectionWorld> {
  const trap = await startTrap();
  const planted = injections.map((injection, index) => plant(injection, index, trap.url));
  const places = planted
    .filter(({ injection }) => injection.where === 'weather')
    .map(({ place, text }, id) => ({ id, name: place, latitude: 50, longitude: 6, admin1: text.slice(0, 200) }));
  const services = await startPersonalServices(places);
  const model = await startObedientModel();
  const test = await startTestMachine({
    given: { ...services.environment, ...model.environment, SALLYPORT_ALLOWED_HOSTS: new URL(trap.url).host, ...given },
    accounts: accountsWith(planted),
  });
  await test.connect();

  async function say(message: string, conversationId?: string): Promise<Heard> {
    const question = { message, timeZone: ZONE, ...(conversationId !== undefined && { conversationId }) };
    const { agent } = test.machine.access;
    let told = '';
    const first = await streamQuestion(agent, question, (news) => {
      if (news.kind === 'text') told += news.text;
    });
    return { ...(await followTurn(first, { agent, decide: async () => undefined })), told };
  }

  function obey(item: Planted, options: { readonly looks: boolean }): void {
    const before = options.looks ? 1 : 0;
    const known = {
      ...secretNames(item.secret),
      address: item.address,
      day: item.day,
      place: item.place,
      trap: trap.url,
    };
    model.script = {
      planted: item.text,
      readBefore: before,
      next: (step, shown) => {
        if (step < before) return looks(item);
        const filled = { ...known, ...idsIn(shown, item) };
        const obeyed = item.injection.obeys[step - before];
        return obeyed === undefined ? undefined : fillInAll(obeyed, filled);
      },
    };
  }

  return {
    planted,
    test,
    model,
    services,
    trapped: trap.trapped,
    async play(item) {
      const { injection, place, day } = item;
      const asked =
        injection.where === 'weather' ? `What is the weather in ${place}?` : `What is on my calendar on ${day}?`;
      const says = fillInAll(injection.says ?? asked, { day, place });
      if (injection.where !== 'earlier') {
        obey(item, { looks: true });
        return [await say(says)];
      }
      model.script = {
        planted: item.text,
        readBefore: 1,
        next: (step) => (step === 0 ? looks(item) : { says: 'That is all.' }),
      };
      const first = await say(`What is on my calendar on ${day}?`);
      obey(item, { looks: false });
      return [first, await say(says, first.conversation_id)];
    },
    changes: () => ({
      calendars: localAccounts.map(({ email }) => test.machine.google.events(email)),
      mails: test.machine.google.mails(),
    }),
    async close() {
      await test.close();
      await model.close();
      await services.close();
      trap.server.closeAllConnections();
      await new Promise<void>((resolve) => trap.server.close(() => resolve()));
    },
  };
}
