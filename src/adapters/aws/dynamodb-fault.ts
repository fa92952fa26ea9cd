import { AppError } from '../../kernel/app-error.ts';
import { AWS_SETUP_ERRORS, awsErrorName } from './aws-client.ts';

// What went wrong with DynamoDB, as our errors. The SDK's own carry records (the item that a condition failed on) and, in messages about
// invalid requests, parts of them: only names, status and request id go on, and the messages of errors that can hold no record.

/** Refusals before anything was written: the same request may be sent again. */
const THROTTLED: ReadonlySet<string> = new Set([
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
]);

export const isThrottled = (cause: unknown): boolean => THROTTLED.has(awsErrorName(cause));

interface ServiceError {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

/** A message of the service's may quote what was sent; one of the network or of the missing rights does not. */
function bare(cause: unknown): Error {
  if (!(cause instanceof Error)) return new Error('unknown');
  const { $metadata: metadata } = cause as ServiceError;
  const answered = metadata?.httpStatusCode !== undefined;
  const text = answered && !AWS_SETUP_ERRORS.has(cause.name) ? `status ${metadata.httpStatusCode}` : cause.message;
  const copy = new Error(metadata?.requestId === undefined ? text : `${text} (request ${metadata.requestId})`);
  copy.name = cause.name;
  return copy;
}

export function dynamoDbFault(cause: unknown, table: string): AppError {
  if (cause instanceof AppError) return cause;
  const name = awsErrorName(cause);
  const options = { cause: bare(cause) };
  if (name === 'ResourceNotFoundException') {
    return new AppError(
      'misconfigured',
      `DynamoDB has no table ${table} here: check SALLYPORT_TABLE_PREFIX, the region and what was deployed.`,
      options,
    );
  }
  if (AWS_SETUP_ERRORS.has(name)) {
    return new AppError('misconfigured', `DynamoDB refuses us in table ${table} (${name}): check our role.`, options);
  }
  if (name === 'ValidationException') {
    return new AppError('internal', 'The store does not take this record as it is.', options);
  }
  const text = isThrottled(cause)
    ? 'The store takes no more requests right now. Try again shortly.'
    : 'The store cannot be reached right now. Try again shortly.';
  return new AppError('unavailable', text, { ...options, retryAfterSeconds: 1 });
}
