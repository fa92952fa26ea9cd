// The one page of the stand-in issuer: who signs in, and what a client may do. Plain HTML, one form; a person and a program that sends forms use it alike.

export interface IssuerPage {
  readonly action: string;
  readonly client: string;
  /** Where the client wants the person back: what tells one client from another here. */
  readonly returnsTo: string;
  readonly accounts: readonly { readonly sub: string; readonly name: string; readonly email: string }[];
  readonly scopes: readonly string[];
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character);

function frame(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)} · this machine’s stand-in issuer</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem; }
fieldset { border: 1px solid #bbb; margin: 0 0 1rem; } label { display: block; padding: .3rem 0; }
small { color: #555; overflow-wrap: anywhere; } button { font: inherit; padding: .4rem 1.2rem; }
</style>
</head>
<body>
<p><small>Plays the place where persons sign in, on this machine only.</small></p>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

/** The first account is ticked: the person of this machine. */
export function issuerPage({ action, client, returnsTo, accounts, scopes }: IssuerPage): string {
  const choices = accounts.map(
    (
      { sub, name, email },
      index,
    ) => `<label><input type="radio" name="account" value="${escapeHtml(sub)}"${index === 0 ? ' checked' : ''}>
  ${escapeHtml(name)} <small>${escapeHtml(email)}</small></label>`,
  );
  const asked = scopes.map((scope) => `<li><code>${escapeHtml(scope)}</code></li>`);
  return frame(
    'Sign in',
    `<p><strong>${escapeHtml(client)}</strong> wants to use your tools. You return to ${escapeHtml(returnsTo)}.</p>
<form method="post" action="${escapeHtml(action)}">
<fieldset><legend>Account</legend>
${choices.join('\n')}
</fieldset>
<p>It asks for</p>
<ul>
${asked.join('\n')}
</ul>
<p><button type="submit" name="decision" value="allow">Continue</button>
<button type="submit" name="decision" value="deny">Cancel</button></p>
</form>`,
  );
}

export function issuerErrorPage(error: string, description: string): string {
  return frame(`Error: ${error}`, `<p>${escapeHtml(description)}</p>`);
}
