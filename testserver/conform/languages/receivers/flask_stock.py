"""A receiver of Civo's webhooks on Flask as it comes, and its own server.

Its flaws: a repeat is done again; compare_digest raises on text that is not ASCII; JSON that is no object with the
members that it looks for raises, too, and what raises is a 500; a body may be as long as it likes, and as slow; the
answer waits for the work.
"""

import hashlib
import hmac
import os
import sys
import time
import urllib.parse
import urllib.request
from collections import Counter

from flask import Flask, abort, request

app = Flask(__name__)
secret = os.environ["SECRET"].encode()
runs = Counter()


def effect(event_id):
    url = os.environ["EFFECTS_URL"] + urllib.parse.quote(event_id, safe="")
    urllib.request.urlopen(urllib.request.Request(url, method="POST")).close()


@app.post("/webhooks")
def webhooks():
    expected = hmac.new(secret, request.get_data(), hashlib.sha1).hexdigest()
    if not hmac.compare_digest(expected, request.headers["X-Civo-Signature"]):
        abort(401)
    event = request.get_json(force=True)
    event_id = request.headers["X-Civo-Event"]
    if event["event"] == "sim.fail":
        runs[event_id] += 1
        if runs[event_id] <= event["times"]:
            if event["how"] != "slow":
                raise RuntimeError(event["how"])
            time.sleep(10)  # twice as long as Civo waits
        effect(event_id)
    if event["event"] == "instance.created":
        effect(event_id)
    return "ok"


app.run(port=int(sys.argv[1]))
