// A receiver of Civo's webhooks on Node's standard library: README.md says how to run it, and how to check it.
import { createHmac, timingSafeEqual } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const [port, file] = process.argv.slice(2); // the file keeps the ids of events that are done
const { CIVO_WEBHOOK_SECRET: secret, EFFECTS_URL: effects } = process.env;
const done = new Set(existsSync(file) ? readFileSync(file, "utf8").split("\n") : []);
const doing = new Set(), runs = new Map();
async function work(id, { event, times, how }) {
  if (event === "sim.fail") runs.set(id, (runs.get(id) ?? 0) + 1); // a test build's: see hookmitt check --help
  if (event === "sim.fail" && runs.get(id) <= times) await (how === "slow" ? sleep(10_000) : Promise.reject(new Error(how)));
  if (effects && (event === "instance.created" || event === "sim.fail")) await fetch(effects + id, { method: "POST" });
  appendFileSync(file, id + "\n"); // only now: had the work failed, the next attempt would have to do it
  done.add(id);
}

function parsed(body) { // an event, or it throws
  const text = new TextDecoder("utf-8", { fatal: true }).decode(body), value = JSON.parse(text), members = [];
  for (const [token, string, colon] of text.matchAll(/("(?:\\.|[^"\\])*")(\s*:)?|[{}]/g)) {
    if (token === "{") members.push(new Set());
    if (token === "}") members.pop();
    if (colon && members.at(-1).size === members.at(-1).add(JSON.parse(string)).size) throw new Error("a member twice");
  }
  if (typeof value?.event !== "string") throw new Error("no event");
  return value;
}

const bodyOf = (request) => new Promise((resolve, reject) => { // the bytes, or undefined if there are more than a MiB of them
  let chunks = [], size = 0;
  request.on("data", (chunk) => (size += chunk.length) > 1 << 20 ? resolve(chunks = undefined) : chunks.push(chunk));
  request.on("end", () => chunks && resolve(Buffer.concat(chunks))).on("error", reject);
});

async function statusOf(request) {
  const body = await bodyOf(request), one = (name) => request.headersDistinct[name]?.length === 1 ? request.headersDistinct[name][0] : "";
  if (request.method !== "POST") return 405;
  if (!body) return 413;
  const given = one("x-civo-signature"), expected = createHmac("sha1", secret).update(body).digest();
  if (!/^[0-9a-f]{40}$/i.test(given) || !timingSafeEqual(Buffer.from(given, "hex"), expected)) return 401;
  if (request.headers["content-encoding"]) return 415;
  let event, id = one("x-civo-event").toLowerCase();
  try { event = parsed(body); } catch { return 400; }
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return 400;
  if (done.has(id)) return 200;
  if (doing.has(id)) return 503; // somebody is at it: come again
  doing.add(id);
  const run = work(id, event).then(() => 200, () => 500).finally(() => doing.delete(id));
  return Promise.race([run, sleep(4000, 503)]); // Civo waits for 5 s; the work goes on
}

const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 1000 }, async (request, response) => {
  const status = await statusOf(request).catch(() => 500);
  response.writeHead(status, status === 413 ? { Connection: "close" } : {}).end();
});
const odd = { HPE_INVALID_METHOD: "405 Method Not Allowed", HPE_HEADER_OVERFLOW: "431 Too Large", ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout" };
server.on("clientError", (error, socket) => socket.writable && socket.end(`HTTP/1.1 ${odd[error.code] ?? "400 Bad Request"}\r\nConnection: close\r\n\r\n`));
server.listen(Number(port), "127.0.0.1", () => console.error(`Listening at http://127.0.0.1:${server.address().port}/`));
