"""A small app behind `hookmitt listen --forward`, on Python's standard library alone.

    python3 examples/sidecar/app.py 3000    # without a port 3000, with 0 any that is free

It looks at no signature and keeps no ids: the sidecar does. So it listens on loopback, where only this machine's
programs reach it; whoever may start programs here can send it what they like.
"""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

down = {"billing.payment.failed"}  # types of which the first event finds the accounts down


def work(event_id, event_type, run, event):
    """Does what an event asks for. An event whose answer was lost comes again, under the same id."""
    data, what = event["data"], "nothing to do"
    if event_type in down:
        down.discard(event_type)
        print(f"{event_id}, run {run}: accounts are down", flush=True)
        return 500
    if event_type == "server.started":
        what = f"{data['name']} is {data['status']} at {data['ip']}"
    if event_type == "billing.payment.failed":
        what = f"{data['payment_id']} failed, {data['failure_reason']}"
    print(f"{event_id}, run {run}: {what}", flush=True)
    return 200


class Webhooks(BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self):
        event_id, event_type, run = (self.headers["Hookmitt-" + name] for name in ("Event-Id", "Event-Type", "Run"))
        if event_id is None:  # not by the sidecar; a page in a browser cannot send the header here
            self.answer(403)
            return
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(work(event_id, event_type, run, event))  # if it raises, the sidecar finds no answer: come again

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


for end in (signal.SIGINT, signal.SIGTERM):
    signal.signal(end, lambda *_: os._exit(0))  # at once: an event that is under way gets no answer, and comes again
with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 3000), Webhooks) as server:
    print(f"Listening at http://127.0.0.1:{server.server_port}/", file=sys.stderr, flush=True)
    server.serve_forever()
