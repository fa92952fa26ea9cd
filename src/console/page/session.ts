// The token of this tab: pasted, or taken from the address where `sallyport console` put it. It lies in the tab's own storage and ends with the tab;
// nothing is kept that outlives it. Anybody can make a link with a token of their own, and read what is asked under it: one from an address is kept
// when the person says so, and changes nothing before.

const TOKEN = 'sallyport.token';

export interface Session {
  /** A token that came with the address and is not this tab's yet. */
  readonly handed: string | undefined;
  token(): string | undefined;
  keep(token: string): void;
  forget(): void;
}

/** A token of ours, or a JWT of an issuer: nothing that a header could not carry. */
const TOKEN_PATTERN = /^[\w.~+/=-]{16,8192}$/;

export const looksLikeToken = (text: string): boolean => TOKEN_PATTERN.test(text);

/** Takes the token out of the address bar, and out of this tab's history, before anything else happens. */
function takeFromAddress(): string | undefined {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const token = parameters.get('token');
  if (token === null) return undefined;
  history.replaceState(null, '', location.pathname);
  return looksLikeToken(token) ? token : undefined;
}

export function openSession(): Session {
  const handed = takeFromAddress();
  return {
    handed: handed === sessionStorage.getItem(TOKEN) ? undefined : handed,
    token: () => sessionStorage.getItem(TOKEN) ?? undefined,
    keep: (token) => sessionStorage.setItem(TOKEN, token),
    forget: () => sessionStorage.removeItem(TOKEN),
  };
}
