import type { Hono } from 'hono';
import { viewConnection } from './connection-routes.ts';
import { viewGrantForm, viewGrants } from './grant-routes.ts';
import { homePage } from './pages/home-page.ts';
import { stylesheet } from './pages/style.ts';
import { frameOf, type OAuthParts, sendPage } from './parts.ts';
import type { OAuthContext, OAuthEnv } from './web.ts';

// A person's first page, the stylesheet, and the sign of life.

async function showHome(parts: OAuthParts, context: OAuthContext): Promise<Response> {
  const confirmed = await parts.authentication.require(context);
  const { person, name, by } = confirmed;
  const [questions, connection, grants] = await Promise.all([
    parts.approvals.pending(person),
    viewConnection(parts, person),
    parts.grants.list(person),
  ]);
  const page = homePage(frameOf(parts, context, name), {
    questions,
    connection,
    grants: viewGrants(parts, grants),
    grantForm: viewGrantForm(parts),
    linkWith: by === 'session:oidc' ? undefined : parts.signIn?.label,
  });
  return sendPage(context, page);
}

export function addHomeRoutes(app: Hono<OAuthEnv>, parts: OAuthParts): void {
  app.get('/health', (context) => context.json({ status: 'ok' }));
  app.get('/', (context) => showHome(parts, context));
  app.get('/style.css', (context) =>
    context.body(stylesheet, 200, {
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=3600',
    }),
  );
}
