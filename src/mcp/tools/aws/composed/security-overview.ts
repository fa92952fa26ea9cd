import type { JsonObject, Tool, ToolDeclaration } from '../../tool.ts';
import { type Place, readPlaces } from '../places.ts';
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
import { findingKinds, severities, together } from './findings.ts';
import { lookAtBuckets } from './look-at-buckets.ts';
import { lookAtAccessKeys } from './look-at-keys.ts';
import { lookAtSecurityGroups } from './look-at-network.ts';
import { lookAtStores } from './look-at-stores.ts';

// What in an account lies open that should not: four looks at once, each by reads of the lists.

const TEXT = { type: 'string' } as const;
const MAX_FINDINGS = 150;

const declaration: ToolDeclaration = {
  name: 'security_overview',
  title: 'Look for what lies open in AWS',
  description: 'Public buckets, open security groups, old access keys and unencrypted stores. Changes nothing.',
  inputSchema: {
    type: 'object',
    properties: {
      region: { type: 'string', description: 'One, or several with commas.' },
      account: { type: 'string', description: 'Name of another account, or several with commas.' },
      refresh: REFRESH,
    },
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: {
      readAt: TEXT,
      checked: { type: 'object', additionalProperties: { type: 'integer' } },
      found: { type: 'integer' },
      findings: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            severity: { type: 'string', enum: [...severities] },
            kind: { type: 'string', enum: [...findingKinds] },
            resource: TEXT,
            region: TEXT,
            account: TEXT,
            detail: TEXT,
            mend: TEXT,
          },
          required: ['severity', 'kind', 'resource', 'region', 'detail', 'mend'],
          additionalProperties: false,
        },
      },
      errors: ERRORS_SCHEMA,
      leftOut: { type: 'integer' },
    },
    required: ['readAt', 'checked', 'found', 'findings', 'errors'],
    additionalProperties: false,
  },
  ...COMPOSED,
  ...OFTEN_LONG,
};

/** Of every account the first place: where what belongs to the whole account is asked. */
const onePerAccount = (places: readonly Place[]): readonly Place[] => [
  ...new Map([...places].reverse().map((place) => [place.account ?? '', place])).values(),
];

async function look(
  asking: Asking,
  places: readonly Place[],
  { places: known, clock }: ComposedDeps,
): Promise<Composition> {
  const iam = awsService('iam').region ?? 'us-east-1';
  const nowMs = clock.nowMs();
  const looks = await Promise.all([
    ...onePerAccount(places).flatMap((where) => [
      lookAtBuckets(asking, where, known),
      lookAtAccessKeys(asking, { where: { ...where, region: iam }, nowMs }),
    ]),
    ...places.flatMap((where) => [lookAtSecurityGroups(asking, where), lookAtStores(asking, where)]),
  ]);
  const { checked, findings } = together(looks);
  const counts = severities.map(
    (severity) => [severity, findings.filter((one) => one.severity === severity).length] as const,
  );
  const said = counts.filter(([, count]) => count > 0).map(([severity, count]) => `${count} ${severity}`);
  const worst = findings.slice(0, 5).map(({ severity, resource, detail }) => `- ${severity}: ${resource} ${detail}`);
  return {
    data: { checked, found: findings.length, findings: findings.slice(0, MAX_FINDINGS) },
    words: [said.length === 0 ? 'Nothing was found open.' : `Found: ${said.join(', ')}.`, ...worst].join('\n'),
  };
}

export function createSecurityOverview(deps: ComposedDeps): Tool {
  return createComposedTool(declaration, deps, (args: JsonObject) => {
    const places = readPlaces(args, deps.places);
    return (asking) => look(asking, places, deps);
  });
}
