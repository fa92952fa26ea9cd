import { AppError } from '../../../kernel/app-error.ts';
import { optionalText } from '../arguments.ts';
import type { JsonObject } from '../tool.ts';

// Where a read goes: every region that was named, in every account that was named, all at once.

export interface AwsPlaces {
  /** Where nothing is said. */
  readonly region: string;
  /** Regions that may be named; any one when the list is empty. */
  readonly regions: readonly string[];
  /** Names of other accounts whose roles are known. */
  readonly accounts: readonly string[];
}

export interface Place {
  readonly region: string;
  readonly account?: string;
}

/** https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html */
const REGION = /^[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/;
const MAX_PLACES = 20;

const split = (text: string | undefined): readonly string[] => [
  ...new Set(
    (text ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ),
];

/** Throws AppError `invalid_request` for a region or an account that is not to be asked. `region`: of a service that is everywhere the same. */
export function readPlaces(
  args: JsonObject,
  known: AwsPlaces,
  { region: only }: { readonly region?: string } = {},
): readonly Place[] {
  const regions = split(optionalText(args, 'region'));
  const accounts = split(optionalText(args, 'account'));
  for (const region of regions) {
    if (REGION.test(region) && (known.regions.length === 0 || known.regions.includes(region))) continue;
    const choice = known.regions.length === 0 ? 'such as eu-central-1' : known.regions.join(', ');
    throw new AppError('invalid_request', `"${region}" is not a region that may be asked. Choose ${choice}.`);
  }
  for (const account of accounts) {
    if (known.accounts.includes(account)) continue;
    const choice = known.accounts.length === 0 ? 'Leave account out' : `Choose ${known.accounts.join(', ')}`;
    throw new AppError('invalid_request', `No account is called "${account}". ${choice}.`);
  }
  // A service without regions is the same one from everywhere.
  const there = only !== undefined ? [only] : regions.length === 0 ? [known.region] : regions;
  const places = there.flatMap((region): readonly Place[] =>
    accounts.length === 0 ? [{ region }] : accounts.map((account) => ({ region, account })),
  );
  if (places.length > MAX_PLACES) {
    throw new AppError('invalid_request', `At most ${MAX_PLACES} regions and accounts together at a time.`);
  }
  return places;
}

/** The one place of a question that has no second. */
export function readPlace(args: JsonObject, known: AwsPlaces, service: { readonly region?: string } = {}): Place {
  const [first, second] = readPlaces(args, known, service);
  if (first === undefined || second !== undefined) {
    throw new AppError('invalid_request', 'Name one region and one account at a time.');
  }
  return first;
}
