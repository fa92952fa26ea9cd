import type { LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, it } from '@jest/globals';
import { namesOf } from '../../../../scripts/aws/parts/environment.ts';
import { describeVersions, type LiveVersions } from '../../../../scripts/aws/parts/live-versions.ts';
import {
  noteDeployed,
  noteWentBack,
  parseVersions,
  readTried,
  versionsBack,
} from '../../../../scripts/aws/parts/tried-versions.ts';

// Where a rollback goes, and what is remembered for it.

const names = namesOf('dev');

/** Lambda, as far as aliases go. */
function createAliases() {
  const kept = new Map<string, Readonly<Record<string, unknown>>>();
  const send = async (command: { readonly input: Readonly<Record<string, unknown>> }) => {
    const { input } = command;
    const what = command.constructor.name;
    const key = `${input['FunctionName']}:${input['Name']}`;
    const isNew = what === 'CreateAliasCommand';
    if (!isNew && !kept.has(key)) throw Object.assign(new Error('none'), { name: 'ResourceNotFoundException' });
    if (what !== 'GetAliasCommand') kept.set(key, input);
    return kept.get(key);
  };
  return { kept, aws: { lambda: { send } as unknown as LambdaClient } };
}

describe('a record of versions', () => {
  it('is read as it is written, and holds nothing else', () => {
    const versions = { agent: '12', 'mcp-key': '3', oauth: '7' };
    expect(parseVersions(describeVersions(versions))).toEqual(versions);
    expect(parseVersions('')).toEqual({});
    expect(parseVersions('agent $LATEST, nobody 3, oauth 2')).toEqual({ oauth: '2' });
  });

  it('fits where it is kept with every function and long numbers', () => {
    const all = 'agent calls mcp mcp-key mcp-oauth oauth rotate stream stream-bearer worker'.split(' ');
    // https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html
    expect(describeVersions(Object.fromEntries(all.map((key) => [key, '1234567']))).length).toBeLessThan(256);
  });
});

describe('going back', () => {
  const last = { agent: '4', oauth: '3' };
  const before = { agent: '3', oauth: '3' };
  it.each<readonly [string, LiveVersions, LiveVersions | undefined, LiveVersions?]>([
    ['from the last that was tried: as one set, without those that stay', last, { agent: '3' }],
    ['from a part of it', { agent: '3', oauth: '3' }, {}],
    ['from one that was never tried: to the last that was', { agent: '5', oauth: '3' }, { agent: '4' }],
    ['from another that was named', { agent: '1', oauth: '3' }, { agent: '3' }],
    ['leaves a function that is in no set', { ...last, worker: '1' }, {}],
    ['brings none back that is not there', { agent: '4' }, { agent: '3' }],
    ['is not known where nothing was before', last, undefined, {}],
  ])('%s', (_what, live, back, known = before) => {
    expect(versionsBack(live, { last, before: known })).toEqual(back);
  });

  it('is not known where nothing is recorded', () => {
    expect(versionsBack(last, { last: {}, before: {} })).toBeUndefined();
  });
});

describe('what is remembered', () => {
  it('is the set before, whatever was live in between; a second look changes nothing', async () => {
    const { aws } = createAliases();
    await noteDeployed(aws, names, { agent: '1', oauth: '1' });
    expect(await readTried(aws, names)).toEqual({ last: { agent: '1', oauth: '1' }, before: {} });
    // 2 failed and was never noted.
    await noteDeployed(aws, names, { agent: '3', oauth: '3' });
    await noteDeployed(aws, names, { agent: '3', oauth: '3' });
    const known = { last: { agent: '3', oauth: '3' }, before: { agent: '1', oauth: '1' } };
    expect(await readTried(aws, names)).toEqual(known);
  });

  it('after going back, the next deployment has that to go back to, not what was left', async () => {
    const { aws } = createAliases();
    for (const version of ['1', '2']) await noteDeployed(aws, names, { agent: version });
    await noteWentBack(aws, names, { agent: '1' });
    await noteDeployed(aws, names, { agent: '3' });
    expect(await readTried(aws, names)).toEqual({ last: { agent: '3' }, before: { agent: '1' } });
  });

  it('names versions that stay: an alias holds its own', async () => {
    const { aws, kept } = createAliases();
    await noteDeployed(aws, names, { agent: '2', oauth: '9' });
    expect(kept.get('sallyport-dev-agent:tried')).toMatchObject({
      FunctionVersion: '2',
      Description: 'agent 2, oauth 9',
    });
  });
});
