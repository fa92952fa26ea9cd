// A file of its own: what only reports a refusal need not load the way to the APIs.

/** The API's own words for what went wrong, with the request id that an operator asks for. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string, requestId: string) {
    super(`${message} (${code}, request ${requestId})`);
    this.status = status;
    this.code = code;
  }
}
