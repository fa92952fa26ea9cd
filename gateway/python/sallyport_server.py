"""A Python MCP server that speaks over standard streams, as a Lambda function behind a Function URL.

The same as src/adapters/stdio-server does for Node, for the one runtime that cannot run it: one child in each instance, greeted once, asked one
question at a time, ended with all its processes when it does not answer in time. Nothing but the standard library. Who may call is for AWS to check.
"""

import atexit
import base64
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time

VERSIONS = ("2025-03-26", "2025-06-18", "2025-11-25")
PASSED = frozenset(
    (
        "tools/list",
        "tools/call",
        "resources/list",
        "resources/read",
        "resources/templates/list",
        "prompts/list",
        "prompts/get",
        "completion/complete",
    )
)
CAPABILITIES = ("tools", "resources", "prompts", "completions")
ALWAYS_PASSED = ("PATH", "LANG", "TZ", "LD_LIBRARY_PATH")
SCRATCH = "/tmp"
# Lambda gives initialisation 10 s.
GREETING_SECONDS = 9.0
# Time kept back from Lambda's limit, to answer in.
ANSWER_MARGIN_SECONDS = 1.0
MAX_LINE_BYTES = 8 * 1024 * 1024
TOOL_NAME = re.compile(r"[A-Za-z0-9_./-]{1,128}")
TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INTERNAL_ERROR = -32700, -32600, -32601, -32603


class ServerFailed(Exception):
    """The server did not do its part: it is not there, it ended, or it kept silent."""


class Child:
    """One life of the server: a process group of its own, with the environment it is given and nothing of ours."""

    def __init__(self, settings, folder, own):
        self.errors = {"stderr_lines": 0, "stderr_bytes": 0}
        self.messages = queue.Queue()
        self.last_id = 0
        environment = {"HOME": SCRATCH, "TMPDIR": SCRATCH, "PYTHONPATH": folder, "PYTHONUNBUFFERED": "1"}
        environment.update((name, own[name]) for name in (*ALWAYS_PASSED, *settings["pass"]) if name in own)
        environment.update(settings["env"])
        command = sys.executable if settings["command"] == "python" else settings["command"]
        try:
            self.process = subprocess.Popen(
                [command, *settings["args"]],
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise ServerFailed(f"The server did not start: {type(error).__name__}.") from error
        threading.Thread(target=self._read_messages, daemon=True).start()
        threading.Thread(target=self._count_errors, daemon=True).start()

    def _read_messages(self):
        while True:
            line = self.process.stdout.readline(MAX_LINE_BYTES)
            if not line or not line.endswith(b"\n"):
                break
            try:
                message = json.loads(line)
            except ValueError:
                # A greeting or the like: nobody's message.
                continue
            if isinstance(message, dict):
                self.messages.put(message)
        self.messages.put(None)

    def _count_errors(self):
        # Counted, not kept: it may repeat what people asked.
        while chunk := self.process.stderr.read1(65536):
            self.errors["stderr_bytes"] += len(chunk)
            self.errors["stderr_lines"] += chunk.count(b"\n")

    def send(self, message):
        try:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()
        except OSError as error:
            raise ServerFailed("The server ended.") from error

    def ask(self, method, params, seconds):
        self.last_id += 1
        question = {"jsonrpc": "2.0", "id": self.last_id, "method": method}
        if params is not None:
            question["params"] = params
        self.send(question)
        end = time.monotonic() + seconds
        while True:
            try:
                message = self.messages.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise ServerFailed("The server did not answer in time.") from None
            if message is None:
                raise ServerFailed("The server ended.")
            if isinstance(message.get("method"), str):
                self._reply(message)
            elif message.get("id") == self.last_id:
                return read_answer(message)

    def _reply(self, message):
        """Nothing is offered to a server, but that somebody is there; its notifications have nobody to go to."""
        if "id" not in message:
            return
        reply = {"result": {}} if message["method"] == "ping" else {"error": {"code": METHOD_NOT_FOUND, "message": "Method not found"}}
        self.send({"jsonrpc": "2.0", "id": message["id"], **reply})

    def end(self):
        """Ends it and all that it started, at once."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def read_answer(message):
    if isinstance(message.get("result"), dict):
        return {"result": message["result"]}
    error = message.get("error")
    if isinstance(error, dict) and isinstance(error.get("code"), int) and isinstance(error.get("message"), str):
        return {"error": {key: error[key] for key in ("code", "message", "data") if key in error}}
    return {"error": {"code": INTERNAL_ERROR, "message": "The server failed."}}


class Session:
    """Begun anew when the server has ended. A server that keeps silent is ended: it would go on in the middle of somebody else's call."""

    def __init__(self, settings, folder, own, log):
        self.settings, self.folder, self.own, self.log = settings, folder, own, log
        self.child = None
        self.greeted = None

    def greeting(self):
        if self.child is not None and self.child.process.poll() is not None:
            self.close("ended")
        if self.child is None:
            self.child = Child(self.settings, self.folder, self.own)
            params = {"protocolVersion": VERSIONS[-1], "capabilities": {}, "clientInfo": {"name": "sallyport-server", "version": "1"}}
            answer = self._guarded(lambda: self.child.ask("initialize", params, GREETING_SECONDS))
            if "error" in answer:
                self.close("refused the greeting")
                raise ServerFailed("The server refused the greeting.")
            self._guarded(lambda: self.child.send({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            self.greeted = answer["result"]
        return self.greeted

    def ask(self, method, params, seconds):
        self.greeting()
        return self._guarded(lambda: self.child.ask(method, params, seconds))

    def _guarded(self, work):
        try:
            return work()
        except ServerFailed as error:
            self.close(str(error))
            raise

    def close(self, why="was ended"):
        child, self.child, self.greeted = self.child, None, None
        if child is not None:
            child.end()
            self.log("warn", "server.ended", {"why": why, **child.errors})


def answer_json(status, body):
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}


def rpc_error(status, code, message, request_id=None):
    return answer_json(status, {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}})


def refuse_early(method, headers):
    if method != "POST":
        return {"statusCode": 405, "headers": {"allow": "POST"}, "body": ""}
    # A page of somebody's browser has no business here.
    if "origin" in headers:
        return rpc_error(403, INVALID_REQUEST, "Not for browsers")
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return rpc_error(415, INVALID_REQUEST, "Send application/json")
    if headers.get("mcp-protocol-version", VERSIONS[-1]) not in VERSIONS:
        return rpc_error(400, INVALID_REQUEST, f"This server speaks MCP {', '.join(VERSIONS)}")
    return None


def agree_version(asked, own):
    return asked if isinstance(asked, str) and asked in VERSIONS and asked <= own else own


def without_progress(params):
    """Progress has no way to whoever asked, so none is asked for."""
    if not isinstance(params, dict):
        return None
    meta = params.get("_meta")
    if not isinstance(meta, dict):
        return params
    rest = {key: value for key, value in params.items() if key != "_meta"}
    kept = {key: value for key, value in meta.items() if key != "progressToken"}
    return {**rest, "_meta": kept} if kept else rest


class Server:
    def __init__(self, settings, folder, own):
        self.settings = settings
        self.session = Session(settings, folder, own, self.log)

    def log(self, level, event, fields):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        print(json.dumps({"time": now, "level": level, "event": event, "server": self.settings["name"], **fields}), flush=True)

    def prepare(self):
        try:
            self.session.greeting()
        except ServerFailed as error:
            self.log("warn", "server.not_started", {"cause": str(error)})

    def respond(self, method, params, seconds):
        if method == "ping":
            return {"result": {}}
        if method == "initialize":
            greeting = self.session.greeting()
            told = greeting.get("capabilities")
            # Nothing is told unasked here, so nothing of the kind is promised.
            kept = {name: {} for name in CAPABILITIES if isinstance(told, dict) and name in told}
            asked = params.get("protocolVersion") if isinstance(params, dict) else None
            version = agree_version(asked, str(greeting.get("protocolVersion", "")))
            return {"result": {**greeting, "capabilities": kept, "protocolVersion": version}}
        if method not in PASSED:
            return {"error": {"code": METHOD_NOT_FOUND, "message": "Method not found"}}
        limit = min(float(self.settings["timeout_seconds"]), seconds - ANSWER_MARGIN_SECONDS)
        return self.session.ask(method, without_progress(params), max(0.001, limit))

    def answer(self, message, event, context):
        method, request_id, params = message["method"], message["id"], message.get("params")
        fields = {"request_id": event.get("requestContext", {}).get("requestId", context.aws_request_id)}
        traceparent = event.get("headers", {}).get("traceparent", "")
        if TRACEPARENT.fullmatch(traceparent):
            fields["traceparent"] = traceparent
        fields["method"] = method if method in PASSED or method == "initialize" else "other"
        name = params.get("name") if isinstance(params, dict) else None
        if method == "tools/call" and isinstance(name, str) and TOOL_NAME.fullmatch(name):
            fields["tool"] = name
        started = time.monotonic()
        try:
            outcome = self.respond(method, params, context.get_remaining_time_in_millis() / 1000)
            fields["outcome"] = "refused" if "error" in outcome else "answered"
            response = answer_json(200, {"jsonrpc": "2.0", "id": request_id, **outcome})
        except ServerFailed as error:
            fields["outcome"] = "failed"
            response = rpc_error(200, INTERNAL_ERROR, str(error), request_id)
        self.log("info", "server.call", {**fields, "ms": round((time.monotonic() - started) * 1000)})
        return response

    def handle(self, event, context):
        headers = event.get("headers") or {}
        method = event.get("requestContext", {}).get("http", {}).get("method", "")
        early = refuse_early(method, headers)
        if early is not None:
            return early
        body = event.get("body") or ""
        try:
            message = json.loads(base64.b64decode(body) if event.get("isBase64Encoded") else body)
        except ValueError:
            return rpc_error(400, PARSE_ERROR, "Parse error")
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            return rpc_error(400, INVALID_REQUEST, "Invalid request")
        # Notifications and answers are taken and go no further.
        if "id" not in message or not isinstance(message.get("method"), str):
            return {"statusCode": 202, "headers": {}, "body": ""}
        if isinstance(message["id"], bool) or not isinstance(message["id"], (str, int, float)):
            return rpc_error(400, INVALID_REQUEST, "Invalid request")
        return self.answer(message, event, context)


def open_server():
    folder = os.environ.get("LAMBDA_TASK_ROOT", os.getcwd())
    with open(os.path.join(folder, "server.json"), encoding="utf-8") as file:
        server = Server(json.load(file), folder, os.environ)
    atexit.register(server.session.close)
    server.prepare()
    return server


SERVER = open_server()


def handler(event, context):
    return SERVER.handle(event, context)
