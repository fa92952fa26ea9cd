import type { StandInAccount } from './google/stand-in-options.ts';

// Who has an account at the stand-in Google. The first is the person of this machine, the others are people to meet.

export const localPerson: StandInAccount = {
  sub: '108000000000000000001',
  email: 'alex@example.com',
  name: 'Alex',
  timeZone: 'Europe/Berlin',
};

export const localAccounts: readonly StandInAccount[] = [
  localPerson,
  { sub: '108000000000000000002', email: 'ana@example.com', name: 'Ana', timeZone: 'Europe/Berlin' },
  { sub: '108000000000000000003', email: 'tom@example.com', name: 'Tom', timeZone: 'Europe/London' },
];

/** Who that person is to whoever plays Slack on this machine: the first user of an emulator's first workspace. No real one has such ids. */
export const LOCAL_SLACK_USER = { team: 'T000000001', user: 'U000000001' };
