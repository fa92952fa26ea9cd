import { describe, expect, it } from '@jest/globals';
import { createStages, unmeasured } from '../../../src/mcp/stages.ts';

// How long each check took, as the agent is told.

function world() {
  let now = 100;
  const stages = createStages({ nowMs: () => 0, elapsedMs: () => now });
  const pass = (ms: number): void => {
    now += ms;
  };
  return { stages, pass };
}

describe('the stages of a call', () => {
  it('are told in the order of the doors, whatever the order they ended in', async () => {
    const { stages, pass } = world();
    const nonce = stages.start('nonce');
    pass(1);
    const grant = stages.start('grant');
    pass(2);
    grant();
    nonce();
    await stages.time('certificate', async () => pass(0.25));
    expect(stages.header()).toBe('certificate;dur=0.25, nonce;dur=3, grant;dur=2');
  });

  it('are told to the microsecond, and never as less than nothing', () => {
    const { stages, pass } = world();
    const done = stages.start('tool');
    pass(1.23456);
    done();
    const backwards = stages.start('signature');
    pass(-5);
    backwards();
    expect(stages.header()).toBe('signature;dur=0, tool;dur=1.235');
  });

  it('say what became of the approval, and nothing of stages that were not reached', async () => {
    const { stages } = world();
    stages.approval('asked');
    expect(stages.header()).toBe('');
    await stages.time('approval', async () => {});
    expect(stages.header()).toBe('approval;desc=asked;dur=0');
  });

  it('count what failed, too, and let the failure through', async () => {
    const { stages, pass } = world();
    const work = async (): Promise<never> => {
      pass(4);
      throw new Error('no');
    };
    await expect(stages.time('tool', work)).rejects.toThrow('no');
    expect(stages.header()).toBe('tool;dur=4');
  });

  it('are measured in whole milliseconds by a clock that has no finer time', () => {
    let now = 10;
    const stages = createStages({ nowMs: () => now });
    const done = stages.start('tool');
    now = 12;
    done();
    expect(stages.header()).toBe('tool;dur=2');
  });

  it('cost nothing where nobody is told', async () => {
    unmeasured.start('tool')();
    unmeasured.approval('given');
    expect(await unmeasured.time('tool', async () => 7)).toBe(7);
    expect(unmeasured.header()).toBe('');
  });
});
