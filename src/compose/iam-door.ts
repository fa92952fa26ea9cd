import { createIamDoor, type IamDoor } from '../adapters/http/iam-door.ts';
import { describeFault } from '../adapters/log/json-log.ts';
import type { Environment } from '../config/load.ts';
import { AppError } from '../kernel/app-error.ts';
import type { HttpApp } from '../ports/http.ts';
import type { Log } from '../ports/log.ts';

// SALLYPORT_IAM_DOOR in action: an API by its id, or a function's alias, whose URL AWS is asked for once.

async function askForUrl(functionName: string, alias: string, environment: Environment): Promise<IamDoor | undefined> {
  const { AWS_REGION: region = '', AWS_ENDPOINT_URL_LAMBDA: own, AWS_ENDPOINT_URL: all } = environment;
  if (region === '') throw new AppError('misconfigured', 'AWS_REGION is needed when SALLYPORT_IAM_DOOR is a function.');
  const { readFunctionUrl } = await import('../adapters/aws/function-url.ts');
  const url = await readFunctionUrl({ region, functionName, alias, endpoint: own ?? all });
  return url.checksSignatures ? { apiId: url.id, domainName: url.domainName } : undefined;
}

/** What was found out is kept; what could not be is tried again at the next request. */
function rememberDoor(find: () => Promise<IamDoor | undefined>, log: Log): () => Promise<IamDoor | undefined> {
  let found: Promise<IamDoor | undefined> | undefined;
  return () => {
    found ??= find().catch((error: unknown) => {
      found = undefined;
      const cause = error instanceof AppError && error.cause !== undefined ? error.cause : error;
      log.error('iam.door_unknown', { cause: describeFault(cause) });
      throw error;
    });
    return found;
  };
}

/** Without a door nobody's word is taken for who signed a request. */
export function withIamDoor(app: HttpApp, setting: string | undefined, environment: Environment, log: Log): HttpApp {
  const [kind, name = '', alias = ''] = (setting ?? '').split(':');
  const find = async (): Promise<IamDoor | undefined> => {
    if (kind === 'api') return { apiId: name };
    return kind === 'function' ? askForUrl(name, alias, environment) : undefined;
  };
  return createIamDoor(app, { door: rememberDoor(find, log), log });
}
