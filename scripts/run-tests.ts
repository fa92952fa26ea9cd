import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';

// Runs the tests and closes with one line, `N passed, N failed` (`, N skipped`). `make test SUITES="unit e2e"` runs only those folders.
// With CI=true a skipped test is a failure: there every peer is installed, so nothing has a reason to be missing. Elsewhere what is deployed, and
// deploying it, wait to be named, because they take longer than all others together; their files then count as skipped.

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly { readonly name: string; readonly status: string }[];
}

const REPORT = '.cache/jest-report.json';

const DEPLOYMENT: readonly string[] = ['bundle', 'infra'];

function suitesOf(named: readonly string[]): { readonly suites: readonly string[]; readonly leftOut: number } {
  if (named.length > 0 || process.env['CI'] === 'true') return { suites: named, leftOut: 0 };
  const folders = readdirSync('test', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const others = folders.map(({ name }) => name).filter((name) => !DEPLOYMENT.includes(name) && name !== 'peers');
  const files = DEPLOYMENT.flatMap((folder) => readdirSync(`test/${folder}`)).filter((name) =>
    name.endsWith('.test.ts'),
  );
  console.log(`What is deployed, and deploying it to an emulated account: make test SUITES="${DEPLOYMENT.join(' ')}"`);
  return { suites: others, leftOut: files.length };
}

function runJest(suites: readonly string[]): { readonly exitCode: number; readonly report: JestReport | undefined } {
  mkdirSync('.cache', { recursive: true });
  rmSync(REPORT, { force: true });
  const paths = suites.map((suite) => `test/${suite}/`);
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  const run = spawnSync(process.execPath, [...jest, '--json', `--outputFile=${REPORT}`, ...paths], {
    // Jest prints its report to stdout as well; people read what goes to stderr.
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const report = existsSync(REPORT) ? (JSON.parse(readFileSync(REPORT, 'utf8')) as JestReport) : undefined;
  return { exitCode: run.status ?? 1, report };
}

const { suites, leftOut } = suitesOf(process.argv.slice(2));
const { exitCode, report } = runJest(suites);
if (report === undefined) {
  console.log('0 passed, 1 failed');
  process.exit(1);
}
const skipped = report.numPendingTests + report.numTodoTests + leftOut;
const notAllowed = process.env['CI'] === 'true' && skipped > 0;
if (notAllowed) console.log(`${skipped} tests were skipped, which CI does not allow`);
const failed = report.numFailedTests + report.numRuntimeErrorTestSuites + (notAllowed ? skipped : 0);
const skippedText = skipped > 0 && !notAllowed ? `, ${skipped} skipped` : '';
console.log(`${report.numPassedTests} passed, ${failed} failed${skippedText}`);
process.exit(exitCode !== 0 || failed > 0 || report.numPassedTests === 0 ? 1 : 0);
