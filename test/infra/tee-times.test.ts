import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseCourses } from '../../src/adapters/golf/courses.ts';
import { hasPython } from '../support/python.ts';
import { openServiceRoot, type ServiceRoot } from '../support/service-root.ts';
import { hasTerraform, type Plan, TERRAFORM_MS } from '../support/terraform.ts';

// Courses whose tee sheet is kept in the store, from an environment's values to what the code reads of them.

const possible = hasTerraform('courses in terraform/service') && hasPython('courses in terraform/service');
const on = possible ? describe : describe.skip;

const links = {
  id: 'links',
  name: 'Links',
  time_zone: 'Europe/Berlin',
  first: '07:30',
  last: '17:00',
  every_minutes: 10,
};
const heath = {
  ...links,
  id: 'heath',
  name: 'Heath & Moor',
  time_zone: 'Europe/London',
  holes: 9,
  spots: 3,
  price: { amount: '45.00', currency: 'GBP' },
  days_ahead: 14,
};

function variablesOf(plan: Plan, name: string): Readonly<Record<string, string>> {
  const { environment } = plan.values(`module.function["${name}"].aws_lambda_function.this`) as {
    readonly environment: readonly { readonly variables: Readonly<Record<string, string>> }[];
  };
  return environment[0]?.variables ?? {};
}

on('a tee sheet of one’s own', () => {
  let root: ServiceRoot;
  beforeAll(async () => {
    root = await openServiceRoot();
  }, TERRAFORM_MS);
  afterAll(() => root?.dispose());

  it(
    'reaches the tools as it was written, with the code’s own defaults, and wants no key',
    async () => {
      const plan = await root.plan('gamma', {
        toolsets: ['calendar', 'golf'],
        tee_times: { courses: [links, heath] },
      });
      const variables = variablesOf(plan, 'mcp');
      expect(parseCourses(variables['SALLYPORT_TEE_SHEET'] ?? '')).toEqual([
        { ...links, holes: 18, spots: 4, days_ahead: 60 },
        heath,
      ]);
      expect(variables['SALLYPORT_TEE_TIMES_URL']).toBeUndefined();
      expect(variables['SALLYPORT_TEE_TIMES_KEY_PARAMETER']).toBeUndefined();
      expect(variablesOf(plan, 'oauth')).toMatchObject({ SALLYPORT_TOOLSETS: 'calendar,golf' });
      expect(variablesOf(plan, 'oauth')['SALLYPORT_TEE_SHEET']).toBeUndefined();
    },
    TERRAFORM_MS,
  );

  it.each<[string, object, RegExp]>([
    ['nowhere to look', {}, /golf needs\s+tee_times\.url\s+or\s+tee_times\.courses/],
    [
      'two places',
      { url: 'https://a.example', courses: [links] },
      /golf needs\s+tee_times\.url\s+or\s+tee_times\.courses/,
    ],
    ['a time that is none', { courses: [{ ...links, last: '5pm' }] }, /times\s+such\s+as\s+07:30/],
    [
      'a price that is none',
      { courses: [{ ...links, price: { amount: 'free', currency: 'EUR' } }] },
      /amount\s+such\s+as\s+45\.00/,
    ],
  ])(
    'is refused: %s',
    async (_what, teeTimes, why) => {
      const planned = root.plan('gamma', { toolsets: ['golf'], tee_times: teeTimes });
      await expect(planned).rejects.toThrow(why);
    },
    TERRAFORM_MS,
  );
});
