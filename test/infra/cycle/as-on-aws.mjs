import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

// Loaded by NODE_OPTIONS before a deployed function and before whoever calls the deployed system, so that neither knows that it is not on AWS.
// Names that public DNS would lead to API Gateway lead to the edges of this machine: port 443 of each domain in the file that SALLYPORT_CYCLE_ROUTES names, which
// says `{"mcp.dev.example.org": 12345, …}`. And the emulator speaks to a function over its standard output, where Lambda reads log lines:
// those go to standard error, which it takes as the log.

const routesFile = process.env['SALLYPORT_CYCLE_ROUTES'] ?? '';

/** @param {unknown} host */
function portOf(host) {
  try {
    return JSON.parse(fs.readFileSync(routesFile, 'utf8'))[String(host)];
  } catch {
    return undefined;
  }
}

/** @param {{ host?: unknown, port?: unknown, path?: unknown }} options */
function reroute(options) {
  if (options === null || typeof options !== 'object' || Number(options.port) !== 443) return options;
  const port = portOf(options.host);
  return port === undefined ? options : { ...options, host: '127.0.0.1', port, lookup: undefined };
}

const connect = net.Socket.prototype.connect;
/** @param {...any} args */
net.Socket.prototype.connect = function connectHere(...args) {
  const [first, ...rest] = args;
  // `net.connect` and the HTTP clients hand over their arguments as one list, which Node recognises by a symbol on it.
  if (Array.isArray(first)) first[0] = reroute(first[0]);
  return connect.call(this, Array.isArray(first) ? first : reroute(first), ...rest);
};

if (process.env['AWS_LAMBDA_FUNCTION_NAME'] !== undefined) {
  const { writeSync } = fs;
  /** @type {any} */
  const toLog = (/** @type {number} */ descriptor, /** @type {any[]} */ ...rest) =>
    Reflect.apply(writeSync, fs, [descriptor === 1 ? 2 : descriptor, ...rest]);
  fs.writeSync = toLog;
  syncBuiltinESMExports();
}
