// Slack's own client, in a chunk of its own. Imported by name here: of a CommonJS package, a bundle's `import()` has nothing but its default.
export { WebClient } from '@slack/web-api';
