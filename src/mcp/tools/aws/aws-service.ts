// What a service of AWS is to us: which operations may be asked, and the few classes of its SDK that ask them.

/** One operation of a service, as `operations/<service>.json` lists it. Every one only reads. */
export interface AwsOperation {
  /** IAM actions it needs, where they are not `<iam>:<operation>`. */
  readonly iam?: readonly string[];
  /** Names of the next page's token, in the request and in the answer, where they are not the service's usual ones. */
  readonly page?: readonly [string, string];
  /** Tells the end of its list first, unless this parameter is true: this token of the answer then leads to what was before. */
  readonly fromEnd?: { readonly unless: string; readonly next: string };
  /** Parameters that are not the caller's to choose, such as "my own snapshots, not the world's". */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** Another package of the same service. */
  readonly via?: { readonly package: string; readonly client: string };
}

/** The shape of `operations/<service>.json`. */
export interface AwsServiceData {
  /** Begins the tool's name. */
  readonly service: string;
  readonly title: string;
  readonly package: string;
  readonly client: string;
  /** Prefix of the service's actions in IAM. */
  readonly iam: string;
  readonly page: readonly [string, string];
  /** Where a service without regions is asked. */
  readonly region?: string;
  /** For IAM, where one action reads anything: the paths that these operations read, as they end the service's ARNs. */
  readonly paths?: readonly string[];
  readonly operations: Readonly<Record<string, AwsOperation>>;
}

export interface AwsClient {
  send(command: object, options: { readonly abortSignal: AbortSignal }): Promise<object>;
  destroy(): void;
}

export type AwsClientClass = new (config: object) => AwsClient;
export type AwsCommandClass = new (input: object) => object;

/** Operation to the client that sends it and the command that it is. */
export type AwsCommands = Readonly<
  Record<string, { readonly client: AwsClientClass; readonly command: AwsCommandClass }>
>;

/** The IAM actions of one operation. */
export function actionsOf(data: AwsServiceData, operation: string): readonly string[] {
  return data.operations[operation]?.iam ?? [`${data.iam}:${operation}`];
}
