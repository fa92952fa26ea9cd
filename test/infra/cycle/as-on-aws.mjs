import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { Writable } from 'node:stream';

// Loaded by NODE_OPTIONS before a deployed function and before whoever calls the deployed system, so that neither knows that it is not on AWS.
// SALLYPORT_CYCLE_ROUTES names a file, read when it is needed, since addresses come to be known one after the other:
//   hosts      domain to port: connections to port 443 there end at the edges of this machine, as public DNS would lead them to API Gateway
//   endpoints  function to the address where its AWS calls are recorded
//   ahead      seconds that the day is further on than this machine's clock: what takes an hour need not be waited for
// The emulator has no stream for a function's answer, and speaks to a function over its standard output, where Lambda reads log lines: those go to standard error, which it takes as the log.

/** @returns {{ hosts?: Record<string, number>, endpoints?: Record<string, string>, ahead?: number }} */
function readRoutes() {
  try {
    return JSON.parse(fs.readFileSync(process.env['SALLYPORT_CYCLE_ROUTES'] ?? '', 'utf8'));
  } catch {
    return {};
  }
}

/** @param {{ host?: unknown, port?: unknown, path?: unknown }} options */
function reroute(options) {
  if (options === null || typeof options !== 'object' || Number(options.port) !== 443) return options;
  const port = readRoutes().hosts?.[String(options.host)];
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

const MachineDate = Date;
/** A file read for every look at the clock would be slow; nobody calls within so short a time after the clock was put forward. */
const KEPT_MS = 5;
let aheadMs = 0;
let readAtMs = Number.NEGATIVE_INFINITY;

function nowMs() {
  if (performance.now() - readAtMs > KEPT_MS) {
    readAtMs = performance.now();
    aheadMs = (readRoutes().ahead ?? 0) * 1000;
  }
  return MachineDate.now() + aheadMs;
}

globalThis.Date = /** @type {any} */ (
  class extends MachineDate {
    /** @param {...any} args */
    constructor(...args) {
      if (args.length === 0) super(nowMs());
      else super(.../** @type {[any]} */ (args));
    }

    static now() {
      return nowMs();
    }
  }
);

/** Lambda's runtime lends a handler a stream; the emulator's takes one answer, framed as Lambda frames it: head, eight zeros, body. */
function streamifyResponse(
  /** @type {(event: unknown, stream: Writable, context: unknown) => Promise<void>} */ handler,
) {
  return async (/** @type {unknown} */ event, /** @type {unknown} */ context) => {
    /** @type {Buffer[]} */
    const pieces = [];
    const stream = new Writable({
      write(piece, _encoding, done) {
        pieces.push(Buffer.from(piece));
        done();
      },
    });
    await handler(event, stream, context);
    return Buffer.concat(pieces).toString('utf8');
  };
}

const HttpResponseStream = {
  from(/** @type {Writable} */ stream, /** @type {object} */ head) {
    stream.write(`${JSON.stringify(head)}${'\0'.repeat(8)}`);
    return stream;
  },
};

const functionName = process.env['AWS_LAMBDA_FUNCTION_NAME'];
if (functionName !== undefined) {
  const endpoint = readRoutes().endpoints?.[functionName];
  if (endpoint !== undefined) process.env['AWS_ENDPOINT_URL'] = endpoint;
  const { writeSync } = fs;
  /** @type {any} */
  const toLog = (/** @type {number} */ descriptor, /** @type {any[]} */ ...rest) =>
    Reflect.apply(writeSync, fs, [descriptor === 1 ? 2 : descriptor, ...rest]);
  fs.writeSync = toLog;
  syncBuiltinESMExports();
  /** @type {any} */ (globalThis).awslambda = { streamifyResponse, HttpResponseStream };
}
