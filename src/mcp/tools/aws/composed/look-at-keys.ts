import type { Place } from '../places.ts';
import type { Asking } from './asking.ts';
import { type Finding, finding, type Looked } from './findings.ts';
import { type Json, numberIn, objectIn, objectsIn, textIn } from './plain-json.ts';

// Access keys that are older than anybody should keep them, and what the account's root user has. Keys are named by their ids, which are no secrets.

const DAY_MS = 86_400_000;
/** https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html (IAM.3). */
const OLD_DAYS = 90;
const MAX_USERS = 300;

async function lookAtKey(asking: Asking, key: Json, user: string, { where, nowMs }: At): Promise<readonly Finding[]> {
  const [id, made] = [textIn(key, 'AccessKeyId') ?? '', textIn(key, 'CreateDate')];
  const days = made === undefined ? 0 : Math.floor((nowMs - Date.parse(made)) / DAY_MS);
  if (textIn(key, 'Status') !== 'Active' || days <= OLD_DAYS) return [];
  const used = await asking.find('iam', 'GetAccessKeyLastUsed', { AccessKeyId: id }, where);
  const last = used === 'absent' ? undefined : textIn(objectIn(used, 'AccessKeyLastUsed'), 'LastUsedDate');
  const use = used === undefined ? '' : last === undefined ? ', never used' : `, last used ${last.slice(0, 10)}`;
  return [
    finding(where, {
      severity: 'medium',
      kind: 'old_access_key',
      resource: `${user} ${id}`,
      detail: `${days} days old${use}`,
      mend: 'Make a new key or, better, a role in its place; deactivate this one, then delete it.',
    }),
  ];
}

interface At {
  readonly where: Place;
  readonly nowMs: number;
}

function lookAtRoot(summary: Json, where: Place): readonly Finding[] {
  const map = objectIn(summary, 'SummaryMap');
  const findings: Finding[] = [];
  if ((numberIn(map, 'AccountAccessKeysPresent') ?? 0) > 0) {
    const mend = 'Delete the root user’s access keys: use roles.';
    findings.push(
      finding(where, { severity: 'high', kind: 'root_access_key', resource: 'root', detail: 'has access keys', mend }),
    );
  }
  if (numberIn(map, 'AccountMFAEnabled') === 0) {
    const mend = 'Give the root user a second factor.';
    findings.push(
      finding(where, {
        severity: 'high',
        kind: 'no_mfa',
        resource: 'root',
        detail: 'signs in without a second factor',
        mend,
      }),
    );
  }
  return findings;
}

export async function lookAtAccessKeys(asking: Asking, at: At): Promise<Looked> {
  const { where } = at;
  const [summary, listed] = await Promise.all([
    asking.ask('iam', 'GetAccountSummary', {}, where),
    asking.all('iam', 'ListUsers', { member: 'Users' }, where),
  ]);
  const users = listed.slice(0, MAX_USERS).map((user) => textIn(user, 'UserName') ?? '');
  const perUser = await Promise.all(
    users.map(async (user) => {
      const answer = await asking.find('iam', 'ListAccessKeys', { UserName: user }, where);
      const keys = objectsIn(answer === 'absent' ? undefined : answer, 'AccessKeyMetadata');
      const findings = await Promise.all(keys.map((key) => lookAtKey(asking, key, user, at)));
      return { keys: keys.length, findings: findings.flat() };
    }),
  );
  return {
    checked: {
      users: users.length,
      accessKeys: perUser.reduce((total, { keys }) => total + keys, 0),
      ...(listed.length > users.length && { usersLeftOut: listed.length - users.length }),
    },
    findings: [
      ...(summary === undefined ? [] : lookAtRoot(summary, where)),
      ...perUser.flatMap(({ findings }) => findings),
    ],
  };
}
