"""Signs and verifies webhooks with Python's hmac: see program_test.go for what is asked and answered."""

import base64
import hashlib
import hmac
import json
import sys
import time

# provider: header, hash, what stands before the digits
SCHEMES = {
    "civo": ("x-civo-signature", hashlib.sha1, ""),
    "mixpost": ("x-signature", hashlib.sha256, ""),
    "cdhosting": ("x-cdhosting-signature", hashlib.sha256, ""),
    "github": ("x-hub-signature-256", hashlib.sha256, "sha256="),
}


def standard(secret, headers, body):
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def sign(provider, secret, headers, body):
    if provider == "standardwebhooks":
        headers = {**headers, "webhook-timestamp": str(int(time.time()))}
        return {**headers, "webhook-signature": standard(secret, headers, body)}
    name, digest, prefix = SCHEMES[provider]
    return {**headers, name: prefix + hmac.new(secret.encode(), body, digest).hexdigest()}


def verified(provider, secret, headers, body):
    if provider == "standardwebhooks":
        if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
            return False
        expected = standard(secret, headers, body).encode()
        return any(hmac.compare_digest(one.encode(), expected) for one in headers.get("webhook-signature", "").split(" "))
    name, digest, prefix = SCHEMES[provider]
    expected = prefix + hmac.new(secret.encode(), body, digest).hexdigest()
    return hmac.compare_digest(expected.encode(), headers.get(name, "").encode())


for line in sys.stdin:
    asked = json.loads(line)
    of = asked["provider"], asked["secret"], asked["headers"], base64.b64decode(asked["body"])
    print(json.dumps({"headers": sign(*of)} if asked["do"] == "sign" else {"verified": verified(*of)}), flush=True)
