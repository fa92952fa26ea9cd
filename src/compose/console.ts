import type { Config } from '../config/load.ts';
import type { HttpApp } from '../ports/http.ts';

// The Agent API with the web console in front of it: only where it is switched on, and loaded only there.

export async function withConsole(app: HttpApp, { settings }: Config<'agent'>): Promise<HttpApp> {
  if (settings.SALLYPORT_CONSOLE === 'off') return app;
  const { serveConsole } = await import('../console/serve-console.ts');
  return serveConsole(app, { oauthUrl: settings.SALLYPORT_OAUTH_URL });
}
