// Package verify answers one question about a webhook: is it from them?
//
// A [Scheme] says which bytes are signed, how, and where the signature travels. It both signs and verifies, so the
// sender that a test plays and the receiver that it tests cannot disagree. [HMAC] is the scheme of nearly every
// provider; a provider is a value of it:
//
//	civo := verify.HMAC{Header: "X-Civo-Signature", Hash: crypto.SHA1}
//
//	secret := verify.NewSecret(os.Getenv("CIVO_WEBHOOK_SECRET"))
//	_, err := civo.Verify([]verify.Secret{secret}, r.Header, body)
//
// body is the raw body as it came over the wire: JSON that was decoded and encoded again does not verify. [Explain] finds
// out why a captured request does not.
//
// [Ed25519] is for providers that sign with a key of their own, [AnyOf] for those that sign in several ways.
//
// What is promised: a request verifies only under a secret that is not empty; digests are compared in constant time;
// every secret is tried whichever one matches, so the time taken does not tell which; a secret never shows itself in
// a log, a format verb or an error. What is not: a header that the scheme does not cover ([Scheme.Covers]) may have
// been changed by whoever holds a captured request.
//
// The package knows nothing of event ids or of retries, and imports the standard library alone.
package verify
