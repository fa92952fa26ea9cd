import { inWords, LIMITS, shortfalls } from './figures.ts';
import { runLoad } from './open-loop.ts';

// `make load`: ten times the load that is expected, for a minute. Ends with 1 where a limit was not kept.

function whole(name: string, usual: number, max: number): number {
  const given = process.env[name] ?? '';
  if (given === '') return usual;
  const value = Number(given);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  console.error(`${name} must be a whole number from 1 to ${max}.`);
  process.exit(2);
}

const rate = whole('LOAD_RATE', 50, 1_000);
const seconds = whole('LOAD_SECONDS', 60, 3_600);
const asyncTenths = 1;

console.log(
  `${rate} calls a second for ${seconds} s at the agent door of a machine of its own: mutual TLS, each request signed, ${asyncTenths} of 10 done behind its answer.`,
);
const figures = await runLoad({ rate, seconds, asyncTenths });
console.log(inWords(figures));
const missed = shortfalls(figures);
const { syncP95Ms, asyncP95Ms, errorShare } = LIMITS;
console.log(
  missed.length === 0
    ? `Kept: P95 at once below ${syncP95Ms} ms, behind the answer below ${asyncP95Ms / 1000} s, errors below ${errorShare * 100} %.`
    : missed.join('\n'),
);
process.exitCode = missed.length === 0 ? 0 : 1;
