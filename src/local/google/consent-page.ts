import { calendarScopes, signInScopes } from './scopes.ts';
import type { StandInAccount } from './stand-in-options.ts';

// The page on which a person picks an account and says what an app may do. One plain form, no script: a browser and a program that
// fills in forms drive it alike. It says plainly that it is not Google.

export interface ConsentPageInput {
  readonly action: string;
  readonly clientId: string;
  /** Where the person will be sent back to: shown, as it is all that tells one app from another here. */
  readonly returnsTo: string;
  readonly accounts: readonly StandInAccount[];
  readonly selectedSub: string | undefined;
  readonly scopes: readonly string[];
}

export function consentPage(input: ConsentPageInput): string {
  const accounts = input.accounts.map((account) => {
    const checked = account.sub === input.selectedSub ? ' checked' : '';
    return `<label><input type="radio" name="account" value="${escapeHtml(account.email)}" required${checked}>
  ${escapeHtml(account.name)} <small>${escapeHtml(account.email)}</small></label>`;
  });
  const boxes = input.scopes
    .filter((scope) => !signInScopes.includes(scope))
    .map(
      (scope) => `<label><input type="checkbox" name="scope" value="${escapeHtml(scope)}" checked>
  ${escapeHtml(calendarScopes[scope] ?? scope)} <small>${escapeHtml(scope)}</small></label>`,
    );
  const asked = boxes.length === 0 ? '' : `<fieldset><legend>What it may do</legend>\n${boxes.join('\n')}\n</fieldset>`;
  return page(
    'Sign in',
    `<p><strong>${escapeHtml(input.clientId)}</strong> wants access to an account here.
It gets your name and address, and what you leave ticked. You return to ${escapeHtml(input.returnsTo)}.</p>
<form method="post" action="${escapeHtml(input.action)}">
<fieldset><legend>Account</legend>
${accounts.join('\n')}
</fieldset>
${asked}
<p><button type="submit" name="decision" value="allow">Continue</button>
<button type="submit" name="decision" value="deny" formnovalidate>Cancel</button></p>
</form>`,
  );
}

export function errorPage(error: string, description: string): string {
  return page(`Error: ${error}`, `<p>${escapeHtml(description)}</p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)} · stand-in Google</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem; }
fieldset { border: 1px solid #bbb; margin: 0 0 1rem; } label { display: block; padding: .3rem 0; }
small { color: #555; overflow-wrap: anywhere; } button { font: inherit; padding: .4rem 1.2rem; }
</style>
</head>
<body>
<p><small>A stand-in for Google on this machine. No real account is involved.</small></p>
<h1>${escapeHtml(title)}</h1>
${body}
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
