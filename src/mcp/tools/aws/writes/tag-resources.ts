import { AppError } from '../../../../kernel/app-error.ts';
import { isJsonObject } from '../../../../kernel/json-object.ts';
import { answering, preparing } from '../../answering.ts';
import { optionalTexts } from '../../arguments.ts';
import { quoted } from '../../plain-line.ts';
import type { JsonObject, Tool, ToolDeclaration } from '../../tool.ts';
import { toPlain } from '../answer-shape.ts';
import { createAsking } from '../composed/asking.ts';
import { type Json, objectIn, objectsIn, textIn } from '../composed/plain-json.ts';
import { type Place, readPlace } from '../places.ts';
import type { WriteToolDeps } from './write-tool-deps.ts';

// Sets tags on things, whatever service they belong to. The person sees each thing, each tag and the value that it would replace: tags may
// decide who may do what with a thing.

/** https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_TagResources.html: 20 things; of the 50 tags, as many as a person reads. */
const MAX_RESOURCES = 20;
const MAX_TAGS = 10;
const LOOK_MS = 10_000;

const ARN = '^arn:aws[a-z-]*:[a-z0-9-]{1,40}:[a-z0-9-]{0,30}:[0-9]{0,12}:[^\\s]{1,900}$';

const declaration: ToolDeclaration = {
  name: 'tag_resources',
  title: 'Tag things on AWS',
  description: 'Sets tags on things by their ARNs. Tags of other names stay.',
  inputSchema: {
    type: 'object',
    properties: {
      resources: {
        type: 'array',
        items: { type: 'string', pattern: ARN },
        minItems: 1,
        maxItems: MAX_RESOURCES,
        uniqueItems: true,
        description: 'ARNs.',
      },
      tags: {
        type: 'object',
        additionalProperties: { type: 'string', maxLength: 256 },
        propertyNames: { minLength: 1, maxLength: 128, pattern: '^(?![aA][wW][sS]:)' },
        minProperties: 1,
        maxProperties: MAX_TAGS,
      },
      region: { type: 'string' },
    },
    required: ['resources', 'tags'],
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: {
      region: { type: 'string' },
      tagged: { type: 'array', items: { type: 'string' } },
      failed: {
        type: 'array',
        items: {
          type: 'object',
          properties: { resource: { type: 'string' }, code: { type: 'string' }, message: { type: 'string' } },
          required: ['resource', 'code', 'message'],
          additionalProperties: false,
        },
      },
      replaced: {
        type: 'array',
        items: {
          type: 'object',
          properties: { resource: { type: 'string' }, tag: { type: 'string' }, value: { type: 'string' } },
          required: ['resource', 'tag', 'value'],
          additionalProperties: false,
        },
      },
    },
    required: ['region', 'tagged', 'failed', 'replaced'],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  scopes: ['aws.write'],
  toolset: 'aws-writes',
};

interface Wish {
  readonly resources: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly where: Place;
}

function readWish(args: JsonObject, { places }: WriteToolDeps): Wish {
  const resources = optionalTexts(args, 'resources') ?? [];
  const tags = args['tags'];
  if (!isJsonObject(tags) || resources.length === 0) throw new AppError('invalid_request', 'Name resources and tags.');
  const where = readPlace(args, { ...places, accounts: [] });
  for (const arn of resources) {
    const region = arn.split(':')[3] ?? '';
    if (region !== '' && region !== where.region) {
      throw new AppError(
        'invalid_request',
        `${arn} is not in ${where.region}: tag the things of one region at a time.`,
      );
    }
  }
  const texts = Object.entries(tags).map(([name, value]) => [name, String(value)] as const);
  return { resources, tags: Object.fromEntries(texts), where };
}

interface Replaced {
  readonly resource: string;
  readonly tag: string;
  readonly value: string;
}

/** The values that would be lost. Things that never had a tag are not in AWS's answer. */
async function readReplaced({ reader }: WriteToolDeps, { resources, tags, where }: Wish): Promise<readonly Replaced[]> {
  const asking = createAsking({ reader, signal: AbortSignal.timeout(LOOK_MS) });
  const answer = await asking.ask('tagging', 'GetResources', { ResourceARNList: resources }, where);
  const [failure] = asking.failures();
  if (failure !== undefined) throw new AppError('upstream_failed', `${failure.message} Nothing was changed.`);
  return objectsIn(answer, 'ResourceTagMappingList').flatMap((mapping) => {
    const resource = textIn(mapping, 'ResourceARN') ?? '';
    return objectsIn(mapping, 'Tags').flatMap((tag) => {
      const [name, value] = [textIn(tag, 'Key') ?? '', textIn(tag, 'Value') ?? ''];
      const wished = Object.hasOwn(tags, name) ? tags[name] : undefined;
      return wished === undefined || wished === value ? [] : [{ resource, tag: name, value }];
    });
  });
}

async function describe(args: JsonObject, deps: WriteToolDeps): Promise<string> {
  const wish = readWish(args, deps);
  const replaced = await readReplaced(deps, wish);
  const tags = Object.entries(wish.tags).map(([name, value]) => `${quoted(name)} = ${quoted(value)}`);
  const lost = replaced.map(({ resource, tag, value }) => `${quoted(tag)} of ${resource} was ${quoted(value)}`);
  const words = `Set ${tags.join(', ')} on ${wish.resources.join(', ')}`;
  return lost.length === 0 ? words : `${words}. Replaces what is there: ${lost.join('; ')}`;
}

function readFailed(answer: object): readonly { resource: string; code: string; message: string }[] {
  const plain = toPlain(answer);
  const map: Json = isJsonObject(plain) ? objectIn(plain, 'FailedResourcesMap') : {};
  return Object.entries(map).map(([resource, why]) => ({
    resource,
    code: textIn(isJsonObject(why) ? why : {}, 'ErrorCode') ?? 'unknown',
    message: (textIn(isJsonObject(why) ? why : {}, 'ErrorMessage') ?? 'AWS does not say why.').slice(0, 300),
  }));
}

export function createTagResources(deps: WriteToolDeps): Tool {
  return {
    declaration,
    undo: 'Set the tags again to the values that the answer names as replaced. A tag that was new stays until it is removed by hand.',
    prepare: preparing(async (args) => describe(args, deps)),
    run: answering(async (args) => {
      const wish = readWish(args, deps);
      const { resources, tags, where } = wish;
      const replaced = await readReplaced(deps, wish);
      const answer = await deps.writer.write('TagResources', { ResourceARNList: resources, Tags: tags }, where.region);
      const failed = readFailed(answer);
      const isFailed = new Set(failed.map(({ resource }) => resource));
      const tagged = resources.filter((resource) => !isFailed.has(resource));
      const why = failed.map(({ resource, message }) => `${resource} was not tagged: ${message}`);
      if (tagged.length === 0) return { isError: true, code: 'upstream_failed', text: why.join('\n') };
      const structuredContent = {
        region: where.region,
        tagged,
        failed,
        replaced: replaced.filter(({ resource }) => !isFailed.has(resource)),
      };
      return { structuredContent, text: [`${tagged.length} of ${resources.length} were tagged.`, ...why].join('\n') };
    }),
  };
}
