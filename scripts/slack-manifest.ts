import { readFileSync } from 'node:fs';

// Prints the Slack app's manifest with the addresses of one's own OAuth API: `make slack-manifest URL=https://oauth.example.com`.

const STAND_IN = 'https://auth.sallyport.example';

const given = process.argv[2] ?? '';
const url = URL.parse(given);
if (url === null || url.protocol !== 'https:' || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
  console.error(
    'Give the OAuth API’s address, to which Slack sends: make slack-manifest URL=https://oauth.example.com',
  );
  process.exitCode = 2;
} else {
  const text = readFileSync(new URL('../slack/manifest.yaml', import.meta.url), 'utf8');
  // Without the comments that speak of the file itself.
  process.stdout.write(text.replace(/^(?:#.*\n)+/, '').replaceAll(STAND_IN, url.origin));
}
