import { count, optionalChoice } from '../../arguments.ts';
import type { JsonObject, Tool, ToolDeclaration } from '../../tool.ts';
import { type Place, readPlace } from '../places.ts';
import { awsService } from '../services.ts';
import type { Asking } from './asking.ts';
import {
  COMPOSED,
  type ComposedDeps,
  type Composition,
  createComposedTool,
  ERRORS_SCHEMA,
  OFTEN_LONG,
  REFRESH,
} from './composed-tool.ts';
import { type Json, numberIn, objectIn, objectsIn, present, textIn, textsIn } from './plain-json.ts';

// What an account costs: the last days beside as many before them, for what, and where the month will end. Three calls of Cost Explorer, a cent
// each.

const GROUPS = ['SERVICE', 'REGION', 'LINKED_ACCOUNT', 'USAGE_TYPE'] as const;
const MAX_GROUPS = 15;
const MAX_DAYS = 180;
const DAY_MS = 86_400_000;
const METRIC = 'UnblendedCost';

const TEXT = { type: 'string' } as const;
const NUMBER = { type: 'number' } as const;

const declaration: ToolDeclaration = {
  name: 'cost_summary',
  title: 'Sum up what AWS costs',
  description: 'What AWS cost in the last days and in as many before, by service, with forecast and anomalies.',
  inputSchema: {
    type: 'object',
    properties: {
      days: { type: 'integer', minimum: 1, maximum: MAX_DAYS, description: 'Default 30.' },
      groupBy: { type: 'string', enum: [...GROUPS] },
      account: { type: 'string', description: 'Name of another account.' },
      refresh: REFRESH,
    },
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: {
      readAt: TEXT,
      from: TEXT,
      until: TEXT,
      currency: TEXT,
      total: NUMBER,
      before: NUMBER,
      groups: {
        type: 'array',
        items: {
          type: 'object',
          properties: { name: TEXT, amount: NUMBER, before: NUMBER },
          required: ['name', 'amount', 'before'],
          additionalProperties: false,
        },
      },
      days: {
        type: 'array',
        items: {
          type: 'object',
          properties: { date: TEXT, amount: NUMBER },
          required: ['date', 'amount'],
          additionalProperties: false,
        },
      },
      forecast: {
        type: 'object',
        properties: { until: TEXT, amount: NUMBER },
        required: ['until', 'amount'],
        additionalProperties: false,
      },
      anomalies: {
        type: 'array',
        items: {
          type: 'object',
          properties: { from: TEXT, until: TEXT, impact: NUMBER, cause: TEXT },
          required: ['impact'],
          additionalProperties: false,
        },
      },
      errors: ERRORS_SCHEMA,
      leftOut: { type: 'integer' },
    },
    required: ['readAt', 'from', 'until', 'groups', 'days', 'anomalies', 'errors'],
    additionalProperties: false,
  },
  ...COMPOSED,
  ...OFTEN_LONG,
};

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const rounded = (amount: number): number => Math.round(amount * 100) / 100;

/** The first day of the next month: how far the forecast goes, without it. */
function monthEnd(nowMs: number): string {
  const now = new Date(nowMs);
  return dayOf(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
}

interface Spent {
  readonly date: string;
  readonly name: string;
  readonly amount: number;
  readonly unit?: string;
}

function readSpent(day: Json): readonly Spent[] {
  const date = textIn(objectIn(day, 'TimePeriod'), 'Start') ?? '';
  return objectsIn(day, 'Groups').map((group) => {
    const metric = objectIn(objectIn(group, 'Metrics'), METRIC);
    const unit = textIn(metric, 'Unit');
    const name = textsIn(group, 'Keys')[0] ?? 'unnamed';
    return { date, name, amount: Number(textIn(metric, 'Amount') ?? 0), ...(unit !== undefined && { unit }) };
  });
}

const sum = (items: readonly Spent[]): number => items.reduce((total, { amount }) => total + amount, 0);

function sumBy(items: readonly Spent[], key: 'name' | 'date'): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const item of items) sums.set(item[key], (sums.get(item[key]) ?? 0) + item.amount);
  return sums;
}

function readAnomaly(anomaly: Json): Json {
  const cause = objectsIn(anomaly, 'RootCauses')[0];
  const named = ['Service', 'Region', 'UsageType']
    .map((name) => textIn(cause, name))
    .filter((text) => text !== undefined);
  return present({
    from: textIn(anomaly, 'AnomalyStartDate'),
    until: textIn(anomaly, 'AnomalyEndDate'),
    impact: rounded(numberIn(objectIn(anomaly, 'Impact'), 'TotalImpact') ?? 0),
    cause: named.length === 0 ? undefined : named.join(', '),
  });
}

interface Question {
  readonly where: Place;
  readonly days: number;
  readonly groupBy: (typeof GROUPS)[number];
  readonly nowMs: number;
}

function inWords(data: Json, { days, nowMs }: Question): string {
  const [total, before, currency] = [numberIn(data, 'total'), numberIn(data, 'before') ?? 0, textIn(data, 'currency')];
  if (total === undefined) return 'What it cost could not be read.';
  const change = before === 0 ? '' : ` (${total >= before ? '+' : ''}${Math.round((total / before - 1) * 100)} %)`;
  const most = objectsIn(data, 'groups')
    .slice(0, 3)
    .map((group) => `${textIn(group, 'name')} ${numberIn(group, 'amount')}`);
  const forecast = numberIn(objectIn(data, 'forecast'), 'amount');
  return [
    `${total} ${currency ?? ''} in the ${days} days before ${dayOf(nowMs)}, ${before} in the ${days} before${change}.`,
    most.length === 0 ? '' : ` Most for ${most.join(', ')}.`,
    forecast === undefined ? '' : ` From today to the end of the month about ${forecast} more.`,
  ].join('');
}

async function summarize(asking: Asking, question: Question): Promise<Composition> {
  const { where, days, groupBy, nowMs } = question;
  const [until, from, since] = [0, days, 2 * days].map((back) => dayOf(nowMs - back * DAY_MS));
  const [spent, forecast, anomalies] = await Promise.all([
    asking.all(
      'cost_explorer',
      'GetCostAndUsage',
      {
        parameters: {
          TimePeriod: { Start: since, End: until },
          Granularity: 'DAILY',
          Metrics: [METRIC],
          GroupBy: [{ Type: 'DIMENSION', Key: groupBy }],
        },
        member: 'ResultsByTime',
      },
      where,
    ),
    asking.find(
      'cost_explorer',
      'GetCostForecast',
      { TimePeriod: { Start: until, End: monthEnd(nowMs) }, Granularity: 'MONTHLY', Metric: 'UNBLENDED_COST' },
      where,
    ),
    asking.all(
      'cost_explorer',
      'GetAnomalies',
      { parameters: { DateInterval: { StartDate: from, EndDate: until } }, member: 'Anomalies' },
      where,
    ),
  ]);
  const items = spent.flatMap(readSpent);
  const now = items.filter(({ date }) => from !== undefined && date >= from);
  const before = items.filter(({ date }) => from !== undefined && date < from);
  const [groups, groupsBefore, byDay] = [sumBy(now, 'name'), sumBy(before, 'name'), sumBy(now, 'date')];
  const asked = asking.failures().every(({ part }) => part !== 'cost_explorer GetCostAndUsage');
  const expected = forecast === 'absent' ? undefined : textIn(objectIn(forecast, 'Total'), 'Amount');
  const data = present({
    from,
    until,
    currency: items.find(({ unit }) => unit !== undefined)?.unit,
    total: asked ? rounded(sum(now)) : undefined,
    before: asked ? rounded(sum(before)) : undefined,
    groups: [...groups]
      .sort(([, left], [, right]) => right - left)
      .slice(0, MAX_GROUPS)
      .map(([name, amount]) => ({ name, amount: rounded(amount), before: rounded(groupsBefore.get(name) ?? 0) })),
    days: [...byDay]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([date, amount]) => ({ date, amount: rounded(amount) })),
    forecast: expected === undefined ? undefined : { until: monthEnd(nowMs), amount: rounded(Number(expected)) },
    anomalies: anomalies.map(readAnomaly),
  });
  return { data, words: inWords(data, question) };
}

export function createCostSummary(deps: ComposedDeps): Tool {
  return createComposedTool(declaration, deps, (args: JsonObject) => {
    const where = readPlace(args, deps.places, awsService('cost_explorer'));
    const days = count(args, 'days', 30);
    const groupBy = optionalChoice(args, 'groupBy', GROUPS) ?? 'SERVICE';
    return (asking) => summarize(asking, { where, days, groupBy, nowMs: deps.clock.nowMs() });
  });
}
