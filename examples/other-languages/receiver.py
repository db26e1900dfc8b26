"""A receiver of Civo's webhooks on Python's standard library: README.md says how to run it, and how to check it."""
import collections, hashlib, hmac, http.server, json, os, socket, sqlite3, sys, threading, time, urllib.request, uuid
secret, effects = os.environ["CIVO_WEBHOOK_SECRET"].encode(), os.environ.get("EFFECTS_URL")
lock, doing, runs, limit = threading.Lock(), set(), collections.Counter(), 1 << 20
done = sqlite3.connect(sys.argv[2], check_same_thread=False, isolation_level=None)  # the ids of events that are done
done.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE IF NOT EXISTS done (id TEXT PRIMARY KEY)")
def work(event_id, event, outcome):
    try:
        runs[event_id] += 1
        if event["event"] == "sim.fail" and runs[event_id] <= event["times"]:  # a test build's: see hookmitt check --help
            time.sleep({"slow": 10}[event["how"]])  # where it is not to be slow this raises
        if effects and event["event"] in ("instance.created", "sim.fail"): urllib.request.urlopen(effects + event_id, b"").close()
        with lock: done.execute("INSERT INTO done VALUES (?)", [event_id])  # not before: the next attempt does what has failed
        outcome.append(200)
    finally: doing.discard(event_id)
def once(pairs):  # a JSON object; ValueError if it has a member twice
    return dict(pairs) if len(dict(pairs)) == len(pairs) else int("a member twice")

class Webhooks(http.server.BaseHTTPRequestHandler):
    protocol_version, timeout = "HTTP/1.1", 10
    def body(self):  # the bytes, None if there are too many; ValueError if they do not come, or where they end is not clear
        lengths, chunked = self.headers.get_all("Content-Length", []), self.headers.get_all("Transfer-Encoding", [])
        if self.headers.defects or len(lengths + chunked) > 1 or chunked not in ([], ["chunked"]) or "\0" in str(self.headers): raise ValueError
        read, size, late = bytearray(), int(lengths[0]) if lengths else 0, threading.Timer(10, self.connection.shutdown, [socket.SHUT_RD])
        late.start()  # for all of it: the timeout is for each read
        try:
            while True:
                if chunked: size = int(self.rfile.readline(20), 16)
                read += (part := self.rfile.read(min(max(size, 0), limit + 1 - len(read))))
                if len(read) > limit: return None
                if len(part) != size or chunked and self.rfile.readline(3) != b"\r\n": raise ValueError
                if not chunked or size == 0: return bytes(read)
        finally: late.cancel()
    def status(self):
        body, given, ids = self.body(), self.headers.get_all("X-Civo-Signature", []), self.headers.get_all("X-Civo-Event", [])
        if self.command != "POST" or body is None: return 413 if body is None else 405
        expected = hmac.new(secret, body, hashlib.sha1).hexdigest().encode()
        if len(given) != 1 or not hmac.compare_digest(given[0].strip(" \t").lower().encode("latin-1", "replace"), expected): return 401
        if "Content-Encoding" in self.headers: return 415
        event, event_id = json.loads(body, object_pairs_hook=once), str(uuid.UUID("".join(ids).strip(" \t")))
        if not isinstance(event["event"], str): return 400
        with lock:
            if done.execute("SELECT 1 FROM done WHERE id = ?", [event_id]).fetchone(): return 200
            if event_id in doing: return 503  # somebody is at it: come again
            doing.add(event_id)
        run = threading.Thread(target=work, args=(event_id, event, outcome := []))
        run.start(), run.join(4)  # Civo waits for 5 s; the work goes on
        return outcome[0] if outcome else 503 if run.is_alive() else 500
    def answer(self):
        try: status = self.status()
        except (ValueError, TypeError, KeyError, RecursionError): status = 400
        self.close_connection |= status in (400, 413)
        self.wfile.write(b"HTTP/1.1 %d \r\nContent-Length: 0\r\n\r\n" % status)
    __getattr__ = lambda self, name: self.answer if name.startswith("do_") else object.__getattribute__(self, name)  # every verb

http.server.ThreadingHTTPServer.request_queue_size = 1024
with http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Webhooks) as server:
    print(f"Listening at http://127.0.0.1:{server.server_port}/", file=sys.stderr, flush=True)
    server.serve_forever()
