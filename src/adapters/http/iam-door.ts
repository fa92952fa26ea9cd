import type { HttpApp } from '../../ports/http.ts';
import type { Log } from '../../ports/log.ts';

// Callers whom AWS has authenticated by SigV4. What an event says of them is believed when it comes from the one API or Function URL that is
// known to check signatures, and from no other: anybody who may invoke the function can make up the rest. Without such a door, or from another one,
// the request goes on as that of somebody unknown.

/** The front door that checks signatures. */
export interface IamDoor {
  readonly apiId: string;
  /** Of a Function URL, whose name is its own; an HTTP API may have several. */
  readonly domainName?: string;
}

export interface IamDoorDeps {
  /** Nothing where the door does not check signatures. Rejects when that cannot be found out. */
  readonly door: () => Promise<IamDoor | undefined>;
  readonly log: Log;
}

/** A person's own token, which decides wherever it is: who signed the request is then of no account. */
const OWN_TOKEN = 'x-sallyport-authorization';

export function createIamDoor(app: HttpApp, { door: findDoor, log }: IamDoorDeps): HttpApp {
  return async ({ iamClaim, iam: _nobodys, ...request }) => {
    if (iamClaim === undefined || request.headers[OWN_TOKEN] !== undefined) return app(request);
    const door = await findDoor();
    const { apiId, domainName, stage } = request;
    const isDoor =
      door !== undefined &&
      apiId === door.apiId &&
      stage === '$default' &&
      (door.domainName === undefined || domainName === door.domainName);
    if (isDoor) return app({ ...request, iam: iamClaim });
    log.warn('iam.not_believed', { request_id: request.requestId, api_id: apiId });
    log.metric('Refused', { reason: 'iam_not_believed' });
    return app(request);
  };
}
