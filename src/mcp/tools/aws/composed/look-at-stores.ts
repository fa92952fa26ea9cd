import type { Place } from '../places.ts';
import type { Asking } from './asking.ts';
import { type Finding, finding, type Looked } from './findings.ts';
import { type Json, textIn } from './plain-json.ts';

// Which disks, databases and caches lie there unencrypted, and which databases have a public address.

const MEND = 'Make an encrypted copy from a snapshot, and put it in the place of this one.';

const MAX_OF_A_KIND = 20;

interface Kind {
  readonly counted: string;
  readonly service: string;
  readonly operation: string;
  readonly member: string;
  /** The member with its name. */
  readonly name: string;
  /** The member that says whether it is encrypted. */
  readonly encrypted: string;
}

const KINDS: readonly Kind[] = [
  {
    counted: 'volumes',
    service: 'ec2',
    operation: 'DescribeVolumes',
    member: 'Volumes',
    name: 'VolumeId',
    encrypted: 'Encrypted',
  },
  {
    counted: 'snapshots',
    service: 'ec2',
    operation: 'DescribeSnapshots',
    member: 'Snapshots',
    name: 'SnapshotId',
    encrypted: 'Encrypted',
  },
  {
    counted: 'databases',
    service: 'rds',
    operation: 'DescribeDBInstances',
    member: 'DBInstances',
    name: 'DBInstanceIdentifier',
    encrypted: 'StorageEncrypted',
  },
  {
    counted: 'databaseClusters',
    service: 'rds',
    operation: 'DescribeDBClusters',
    member: 'DBClusters',
    name: 'DBClusterIdentifier',
    encrypted: 'StorageEncrypted',
  },
  {
    counted: 'databaseSnapshots',
    service: 'rds',
    operation: 'DescribeDBSnapshots',
    member: 'DBSnapshots',
    name: 'DBSnapshotIdentifier',
    encrypted: 'Encrypted',
  },
  {
    counted: 'caches',
    service: 'elasticache',
    operation: 'DescribeCacheClusters',
    member: 'CacheClusters',
    name: 'CacheClusterId',
    encrypted: 'AtRestEncryptionEnabled',
  },
];

function lookAt(kind: Kind, item: Json, where: Place): readonly Finding[] {
  const resource = textIn(item, kind.name) ?? '';
  const findings: Finding[] = [];
  // What AWS does not call encrypted is not taken to be.
  if (item[kind.encrypted] !== true) {
    const detail = `is not encrypted (${kind.counted})`;
    findings.push(finding(where, { severity: 'medium', kind: 'unencrypted_store', resource, detail, mend: MEND }));
  }
  if (item['PubliclyAccessible'] === true) {
    findings.push(
      finding(where, {
        severity: 'high',
        kind: 'public_database',
        resource,
        detail: 'has a public address',
        mend: 'Modify it so that it is not publicly accessible, and reach it from inside its network.',
      }),
    );
  }
  return findings;
}

/** A hundred old snapshots must not hide the one open database. */
function summed({ counted }: Kind, findings: readonly Finding[], where: Place): readonly Finding[] {
  const [worse, plain] = [true, false].map((high) => findings.filter(({ severity }) => (severity === 'high') === high));
  const more = (plain?.length ?? 0) - MAX_OF_A_KIND;
  const rest = {
    severity: 'medium',
    kind: 'unencrypted_store',
    resource: `${more} more ${counted}`,
    mend: MEND,
  } as const;
  return [
    ...(worse ?? []),
    ...(plain?.slice(0, MAX_OF_A_KIND) ?? []),
    ...(more > 0 ? [finding(where, { ...rest, detail: 'are not encrypted' })] : []),
  ];
}

export async function lookAtStores(asking: Asking, where: Place): Promise<Looked> {
  const looks = await Promise.all(
    KINDS.map(async (kind) => {
      const items = await asking.all(kind.service, kind.operation, { member: kind.member }, where);
      return [kind, items] as const;
    }),
  );
  return {
    checked: Object.fromEntries(looks.map(([{ counted }, items]) => [counted, items.length])),
    findings: looks.flatMap(([kind, items]) =>
      summed(
        kind,
        items.flatMap((item) => lookAt(kind, item, where)),
        where,
      ),
    ),
  };
}
