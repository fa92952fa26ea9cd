// What a project calls by one name: where it runs and what it stands on. A file of the project says so, or whoever asks.

export interface KnownService {
  readonly region?: string;
  readonly account?: string;
  /** ECS. */
  readonly cluster?: string;
  readonly service?: string;
  /** Lambda. */
  readonly function?: string;
  readonly logGroup?: string;
  /** Names: of an RDS instance, an ElastiCache cluster or replication group, a load balancer. */
  readonly database?: string;
  readonly cache?: string;
  readonly balancer?: string;
}
