"""A client in another language: reads local.json, signs with a library that is not ours, and talks to the MCP door.

Usage: outside_client.py LOCAL_JSON   (prints one JSON object with what each request was answered)
"""

import base64
import hashlib
import json
import sys
import time
import uuid
from datetime import datetime, timedelta, timezone

import jwt
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

COVERED = ("@method", "@authority", "@path", "@query", "content-digest", "authorization", "content-type", "mcp-protocol-version")


class OneKey(HTTPSignatureKeyResolver):
    def __init__(self, secret):
        self.secret = secret

    def resolve_private_key(self, key_id):
        return self.secret

    def resolve_public_key(self, key_id):
        return self.secret


class Agent:
    def __init__(self, access):
        self.access = access
        self.mcp = access["mcp"]
        self.certificate = x509.load_pem_x509_certificate(open(self.mcp["cert"], "rb").read())
        self.key = serialization.load_pem_private_key(open(self.mcp["key"], "rb").read(), None)
        names = self.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.identity = names.get_values_for_type(x509.UniformResourceIdentifier)[0]
        secret = self.mcp["secret"]
        self.secret = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.cert = (self.mcp["cert"], self.mcp["key"])
        self.session.verify = self.mcp["ca"]

    def delegation(self, person):
        now = int(time.time())
        thumbprint = base64.urlsafe_b64encode(self.certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()
        claims = {
            "iss": self.identity,
            "sub": person,
            "act": {"sub": self.identity},
            "aud": self.mcp["url"],
            "scope": "calendar.read calendar.write",
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode(claims, self.key, "ES256", {"typ": "delegation+jwt", "x5t#S256": thumbprint})

    def prepare(self, message, person=None):
        body = json.dumps(message).encode()
        request = requests.Request("POST", self.mcp["url"], data=body).prepare()
        request.headers["Content-Type"] = "application/json"
        request.headers["Accept"] = "application/json, text/event-stream"
        request.headers["MCP-Protocol-Version"] = "2025-11-25"
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        request.headers["Content-Digest"] = f"sha-256=:{digest}:"
        request.headers["Authorization"] = f"Bearer {self.delegation(person or self.access['person'])}"
        signer = HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=OneKey(self.secret))
        nonce = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        signer.sign(
            request,
            key_id=self.mcp["key_id"],
            covered_component_ids=COVERED,
            nonce=nonce,
            tag="sallyport",
            created=datetime.now(timezone.utc),
            use_existing_digest=True,
        )
        return request

    def send(self, request):
        return self.session.send(request, timeout=20)

    def call(self, method, params, person=None):
        return self.send(self.prepare({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, person))


def main():
    agent = Agent(json.load(open(sys.argv[1])))
    found = {}
    listed = agent.call("tools/list", {})
    found["tools"] = sorted(tool["name"] for tool in listed.json()["result"]["tools"])

    start = datetime.now(timezone.utc) + timedelta(days=30)
    window = {"timeMin": start.isoformat(), "timeMax": (start + timedelta(days=1)).isoformat()}
    found["busy"] = agent.call("tools/call", {"name": "freebusy", "arguments": window}).json()["result"]["structuredContent"]["busy"]

    event = {"summary": "From outside", "start": window["timeMin"], "end": (start + timedelta(hours=1)).isoformat()}
    create = {"name": "createevent", "arguments": event}
    asked = agent.call("tools/call", create).json()
    approval = asked["error"]["data"]["elicitations"][0]["elicitationId"]
    found["asked"] = asked["error"]["code"]
    oauth = agent.access["oauth"]
    answered = requests.post(
        f"{oauth['url']}/approvals/{approval}",
        json={"decision": "yes"},
        headers={"Authorization": f"Bearer {oauth['token']}"},
        timeout=20,
    )
    found["approved"] = answered.status_code
    found["booked"] = agent.call("tools/call", create).json()["result"]["structuredContent"]
    found["busy_after"] = len(agent.call("tools/call", {"name": "freebusy", "arguments": window}).json()["result"]["structuredContent"]["busy"])

    def tampered(change):
        request = agent.prepare({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}})
        change(request)
        return agent.send(request).status_code

    def set_header(name, value):
        return lambda request: request.headers.__setitem__(name, value)

    found["tampered"] = {
        "body": tampered(lambda request: request.prepare_body(b'{"jsonrpc":"2.0","id":2,"method":"tools/list"}', None)),
        "digest": tampered(set_header("Content-Digest", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")),
        "authorization": tampered(set_header("Authorization", "Bearer x.y.z")),
        "version": tampered(set_header("MCP-Protocol-Version", "2025-06-18")),
        "signature": tampered(set_header("Signature", "pyhms=:" + base64.b64encode(b"0" * 32).decode() + ":")),
        "no signature": tampered(lambda request: request.headers.pop("Signature")),
        "query": tampered(lambda request: setattr(request, "url", request.url + "?x=1")),
    }
    again = agent.prepare({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}})
    found["replay"] = [agent.send(again).status_code, agent.send(again).status_code]
    found["other_person"] = agent.call("tools/list", {}, "p_01ARZ3NDEKTSV4RRFFQ69G5FAV").status_code
    print(json.dumps(found))


main()
