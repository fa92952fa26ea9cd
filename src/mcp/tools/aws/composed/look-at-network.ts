import type { Place } from '../places.ts';
import type { Asking } from './asking.ts';
import { type Finding, finding, type Looked } from './findings.ts';
import { type Json, numberIn, objectsIn, textIn } from './plain-json.ts';

// Which security groups let the whole internet in, and to what.

/** What is meant to be seen by everybody, as a rule. */
const PUBLIC_PORTS: ReadonlySet<number> = new Set([80, 443]);

const isEverywhere = (permission: Json): boolean =>
  objectsIn(permission, 'IpRanges').some((range) => textIn(range, 'CidrIp') === '0.0.0.0/0') ||
  objectsIn(permission, 'Ipv6Ranges').some((range) => textIn(range, 'CidrIpv6') === '::/0');

/** In words; `undefined` for what is open to few, or leads nowhere. */
function openingOf(permission: Json): string | undefined {
  if (!isEverywhere(permission)) return undefined;
  const protocol = textIn(permission, 'IpProtocol') ?? '-1';
  if (protocol === '-1') return 'everything';
  // Ping and its like have types for ports, and lead nowhere.
  if (protocol.startsWith('icmp') || protocol === '1' || protocol === '58') return undefined;
  const [from = 0, to = 65_535] = [numberIn(permission, 'FromPort'), numberIn(permission, 'ToPort')];
  if (from === to && PUBLIC_PORTS.has(from)) return undefined;
  return from === to ? `${protocol} ${from}` : `${protocol} ${from} to ${to}`;
}

function lookAtGroup(group: Json, where: Place): readonly Finding[] {
  const openings = objectsIn(group, 'IpPermissions')
    .map(openingOf)
    .filter((one) => one !== undefined);
  if (openings.length === 0) return [];
  const name = textIn(group, 'GroupName');
  return [
    finding(where, {
      severity: 'high',
      kind: 'open_security_group',
      resource: `${textIn(group, 'GroupId') ?? ''}${name === undefined ? '' : ` (${name})`}`,
      detail: `lets the whole internet in: ${openings.join(', ')}`,
      mend: 'Name the addresses or the security groups that need it.',
    }),
  ];
}

export async function lookAtSecurityGroups(asking: Asking, where: Place): Promise<Looked> {
  const list = { parameters: { MaxResults: 500 }, member: 'SecurityGroups' };
  const groups = await asking.all('ec2', 'DescribeSecurityGroups', list, where);
  return { checked: { securityGroups: groups.length }, findings: groups.flatMap((group) => lookAtGroup(group, where)) };
}
