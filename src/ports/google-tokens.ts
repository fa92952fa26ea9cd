/** A Google access token of one person, fresh enough to use now. */
export interface GoogleAccess {
  readonly accessToken: string;
  readonly scopes: readonly string[];
  /** The account's e-mail address when Google told us, to mark the organiser's own attendance. */
  readonly email?: string;
}

/** Opens a person's vault entry, refreshing where needed. Rejects with AppError `reconnect_required` when the person must connect (again). */
export interface GoogleTokens {
  /** `rejected` is an access token Google just answered 401 to: it is not given out again. */
  access(
    person: string,
    options?: { readonly rejected?: string; readonly signal?: AbortSignal },
  ): Promise<GoogleAccess>;
}
