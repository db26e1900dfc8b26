// Signs and verifies webhooks with the official library of Standard Webhooks, which npm has: see program_test.go for what
// is asked and answered. It is no module of the newer kind, since only the older one looks for libraries in NODE_PATH.
const { createInterface } = require("node:readline");
const { Webhook, WebhookVerificationError } = require("standardwebhooks");

function sign(secret, headers, body) {
  const now = new Date();
  const timestamp = String(Math.floor(now.getTime() / 1000));
  return { ...headers, "webhook-timestamp": timestamp, "webhook-signature": new Webhook(secret).sign(headers["webhook-id"], now, body) };
}

function verified(secret, headers, body) {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const asked = JSON.parse(line);
  const of = [asked.secret, asked.headers, Buffer.from(asked.body, "base64").toString()];
  console.log(JSON.stringify(asked.do === "sign" ? { headers: sign(...of) } : { verified: verified(...of) }));
});
