// Signs and verifies webhooks with Node's crypto: see program_test.go for what is asked and answered.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createInterface } from "node:readline";

// provider => header, hash, what stands before the digits
const schemes = {
  civo: ["x-civo-signature", "sha1", ""],
  mixpost: ["x-signature", "sha256", ""],
  cdhosting: ["x-cdhosting-signature", "sha256", ""],
  github: ["x-hub-signature-256", "sha256", "sha256="],
};

function same(a, b) {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function standard(secret, headers, body) {
  const mac = createHmac("sha256", Buffer.from(secret.replace(/^whsec_/, ""), "base64"));
  mac.update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`);
  return "v1," + mac.update(body).digest("base64");
}

function sign(provider, secret, headers, body) {
  if (provider === "standardwebhooks") {
    const timed = { ...headers, "webhook-timestamp": String(Math.floor(Date.now() / 1000)) };
    return { ...timed, "webhook-signature": standard(secret, timed, body) };
  }
  const [name, hash, prefix] = schemes[provider];
  return { ...headers, [name]: prefix + createHmac(hash, secret).update(body).digest("hex") };
}

function verified(provider, secret, headers, body) {
  if (provider === "standardwebhooks") {
    if (!(Math.abs(Date.now() / 1000 - Number(headers["webhook-timestamp"])) <= 300)) return false;
    const expected = standard(secret, headers, body);
    return (headers["webhook-signature"] ?? "").split(" ").some((one) => same(one, expected));
  }
  const [name, hash, prefix] = schemes[provider];
  return same(headers[name] ?? "", prefix + createHmac(hash, secret).update(body).digest("hex"));
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  const of = [asked.provider, asked.secret, asked.headers, Buffer.from(asked.body, "base64")];
  console.log(JSON.stringify(asked.do === "sign" ? { headers: sign(...of) } : { verified: verified(...of) }));
}
