// A receiver of Civo's webhooks on Express that parses JSON before it verifies, as one line of its middleware does for
// every route.
//
// Its flaws: what it verifies is the JSON that it has written anew, so a valid body with other white space or other
// escapes is refused, and another body than was signed is accepted; what a stranger sends is inflated and parsed before
// anybody asks who he is; digests are compared as texts; a repeat is done again; the answer waits for the work. It takes
// 100 KiB, express.json's own limit.
const { createHmac } = require("node:crypto");
const { setTimeout: sleep } = require("node:timers/promises");
const express = require("express");

const { SECRET: secret, EFFECTS_URL: effects } = process.env;
const effect = (id) => fetch(`${effects}${encodeURIComponent(id)}`, { method: "POST" });
const runs = new Map();

const app = express();
app.use(express.json());
app.post("/webhooks", async (request, response) => {
  const expected = createHmac("sha1", secret).update(JSON.stringify(request.body)).digest("hex");
  if (request.get("X-Civo-Signature") !== expected) return response.sendStatus(401);
  const id = request.get("X-Civo-Event");
  const { event, times, how } = request.body;
  if (event === "sim.fail") {
    runs.set(id, (runs.get(id) ?? 0) + 1);
    if (runs.get(id) <= times) {
      if (how !== "slow") throw new Error(how);
      await sleep(10_000); // twice as long as Civo waits
    }
    await effect(id);
  }
  if (event === "instance.created") await effect(id);
  response.send("ok");
});
const server = app.listen(Number(process.argv[2]), "127.0.0.1", () => {
  console.error(`Listening at http://127.0.0.1:${server.address().port}/`);
});
