package conform

import (
	"crypto"
	"net/http"
	"strings"

	"github.com/hookmitt/hookmitt/verify"
)

const refusedQuietly = "401, and no effect"

// signatures is what is done to the signature of a request that is valid otherwise.
var signatures = []Check{
	{
		ID: "SIG-01", Level: Must, Sent: "no signature", Want: refusedQuietly,
		Why: "anybody can send a request; one that nobody signed must not be believed",
		run: func(t *trial) {
			m := t.valid()
			m.del(t.signatureHeader())
			t.refused(m, unauthorized)
		},
	},
	{
		ID: "SIG-02", Level: Must, Sent: "an empty signature", Want: refusedQuietly,
		Why: "nothing equals nothing where the expected value is empty, too",
		run: func(t *trial) {
			m := t.valid()
			m.set(t.signatureHeader(), "")
			t.refused(m, unauthorized)
		},
	},
	{
		ID: "SIG-03", Level: Must, Sent: "a signature by another key", Want: refusedQuietly,
		Why: "only who shares the secret is the provider",
		run: func(t *trial) {
			m, err := t.seal(t.stranger(), t.event(), t.now())
			t.must(err)
			t.refused(m, unauthorized)
		},
	},
	{
		ID: "SIG-04", Level: Must, Sent: "one bit of the body changed after it was signed: near its begin, near its end, and anywhere", Want: refusedQuietly,
		Why: "the signature is of the bytes, all of them",
		run: func(t *trial) {
			for _, at := range []func(n int) int{
				func(int) int { return 0 }, func(n int) int { return n - 1 }, t.chance.IntN,
			} {
				m := t.noted(strings.Repeat("x", 2<<10))
				t.flip(m, at(len(m.body)))
				t.refused(m, unauthorized)
			}
		},
	},
	{
		ID: "SIG-05", Level: Must, Sent: "the same JSON with other white space, under the old signature", Want: refusedQuietly,
		Why: "who verifies what was parsed and written again verifies something else than was signed, and fails on a valid request as soon as its own writing differs",
		run: func(t *trial) {
			m := t.valid()
			m.body = []byte(strings.Replace(string(m.body), `":`, `" : `, 1))
			t.refused(m, unauthorized)
		},
	},
	{
		ID: "SIG-06", Level: Must, Sent: "a digest that is cut short, then none after its prefix, then one digit", Want: "401, and it goes on",
		Why:   "helpers that compare in constant time throw on unequal lengths, and end a process that does not expect it",
		needs: needHMAC,
		run: func(t *trial) {
			m := t.valid()
			digest := t.digest(m)
			for _, short := range []string{digest[:len(digest)-2], "", digest[:1]} {
				t.refused(t.resigned(m, short), unauthorized)
			}
		},
	},
	{
		ID: "SIG-07", Level: Must, Sent: "a digest that is too long, and one of an odd number of digits", Want: "401, and it goes on",
		Why:   "as before",
		needs: needHMAC,
		run: func(t *trial) {
			m := t.valid()
			digest := t.digest(m)
			for _, long := range []string{digest + "00", digest + digest, digest + "0"} {
				t.refused(t.resigned(m, long), unauthorized)
			}
		},
	},
	{
		ID: "SIG-08", Level: Must, Sent: "a digest of the right length in characters that are none of a digest's", Want: "401, and it goes on",
		Why:   "decoders throw, or return nothing, which may then equal nothing",
		needs: needHMAC,
		run: func(t *trial) {
			m := t.valid()
			t.refused(t.resigned(m, strings.Repeat("*", len(t.digest(m)))), unauthorized)
		},
	},
	{
		ID: "SIG-09", Level: Must, Sent: "a signature with bytes over 0x7f", Want: "401 or 400, and it goes on",
		Why: "some languages cannot compare such text, and throw",
		run: func(t *trial) {
			m := t.valid()
			value := m.get(t.signatureHeader())
			m.set(t.signatureHeader(), "\xff\xfe\xe9"+value[min(3, len(value)):])
			t.refused(m, unauthorized, http.StatusBadRequest)
		},
	},
	{
		ID: "SIG-10", Level: Shown, Sent: "the right digest in capitals", Want: "2xx or 401",
		Why:   "hex is read in either case by some",
		needs: needHMAC,
		run: func(t *trial) {
			if t.hmac.Encoding != verify.Hex {
				t.skip("the digest is not in hex")
			}
			m := t.valid()
			t.either(t.send(t.resigned(m, strings.ToUpper(t.digest(m)))), unauthorized)
		},
	},
	{
		ID: "SIG-11", Level: Must, Sent: "the right digest after another provider's prefix: sha1=, sha256=, v1,", Want: "2xx or 401",
		Why:   "providers differ in prefixes, and what cuts one off must not throw",
		needs: needHMAC,
		run: func(t *trial) {
			m := t.valid()
			for _, prefix := range []string{"sha1=", "sha256=", "v1,"} {
				other := m.clone()
				other.set(t.sigName, prefix+t.digest(m))
				t.either(t.send(other), unauthorized)
			}
		},
	},
	{
		ID: "SIG-12", Level: Must, Sent: "a digest by another hash", Want: "401",
		Why:   "the receiver and not the sender decides by which hash it verifies",
		needs: needHMAC,
		run: func(t *trial) {
			m := t.valid()
			for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA512} {
				if hash != t.hmac.Hash {
					other := *t.hmac
					other.Hash = hash
					t.refused(t.resigned(m, t.mac(t.target.Secret, other, t.signedBytes(m))), unauthorized)
				}
			}
		},
	},
	{
		ID: "SIG-13", Level: Must, Sent: "a digest under the empty key", Want: refusedQuietly,
		Why:   "where the secret was not set, everybody knows it",
		needs: needHMAC,
		run: func(t *trial) {
			m := t.valid()
			t.refused(t.resigned(m, t.keyless("", t.signedBytes(m))), unauthorized)
		},
	},
	{
		ID: "SIG-14", Level: Should, Sent: "digests under secrets out of documentations", Want: "401",
		Why:   "they are found in production",
		needs: needHMAC,
		run: func(t *trial) {
			m := t.valid()
			for _, key := range []string{"your_webhook_secret", "secret", "changeme", "***", " "} {
				t.refused(t.resigned(m, t.keyless(key, t.signedBytes(m))), unauthorized)
			}
		},
	},
	{
		ID: "SIG-15", Level: Must, Sent: "the right signature, but in the query, then in another header", Want: "401",
		Why: "whatever else is read for a signature is one more way in",
		run: func(t *trial) {
			m := t.valid()
			name := t.signatureHeader()
			value := m.get(name)
			m.del(name)
			query := m.clone()
			query.target = withQuery(query.target, "signature="+value+"&"+name+"="+value)
			t.refused(query, unauthorized)
			for _, other := range []string{"X-Signature", "X-Hub-Signature-256", "Authorization", "X-Webhook-Signature"} {
				if !strings.EqualFold(other, name) {
					m.set(other, value)
				}
			}
			t.refused(m, unauthorized)
		},
	},
	{
		ID: "SIG-16", Level: Must, Sent: "two signature headers: a wrong one and the right one, then the other way round", Want: "the same both times, best 401",
		Why: "some readers take the first and some the last, proxies join them; the order must not decide",
		run: func(t *trial) {
			var came []answer
			for _, wrongFirst := range []bool{true, false} {
				m := t.valid()
				wrong, err := t.seal(t.stranger(), t.event(), t.now())
				t.must(err)
				name := t.signatureHeader()
				first, second := wrong.get(name), m.get(name)
				if !wrongFirst {
					first, second = second, first
				}
				m.set(name, first)
				m.add(name, second)
				a := t.send(m)
				t.either(a, unauthorized, http.StatusBadRequest)
				came = append(came, a)
			}
			if t.target.Provider.Acknowledges(came[0].Status) != t.target.Provider.Acknowledges(came[1].Status) {
				t.failed("answered %v with the wrong one first, and %v with the right one first", came[0], came[1])
			}
			if t.target.Provider.Acknowledges(came[0].Status) {
				t.lenient("answered %v; 401 is safer", came[0])
			}
		},
	},
	{
		ID: "SIG-17", Level: Must, Sent: "two signatures in one header, the right one first, then last", Want: "2xx",
		Why:   "so a provider sends them while a secret is rotated",
		needs: needList,
		run: func(t *trial) {
			for _, before := range []bool{true, false} {
				m := t.valid()
				t.taken(t.beside(m, t.mac(t.stranger(), *t.hmac, t.signedBytes(m)), before))
			}
		},
	},
	{
		ID: "SIG-18", Level: Must, Sent: "the right digest as a signature of an unknown version, alone", Want: "401",
		Why:   "what a version means is known only of those that are known",
		needs: needList,
		run: func(t *trial) {
			m := t.valid()
			own := t.entry(m)
			m.set(t.sigName, strings.Replace(m.get(t.sigName), own, "x"+own, 1))
			t.refused(m, unauthorized)
		},
	},
	{
		ID: "SIG-19", Level: Should, Sent: "no signature, and a wrong one", Want: "an answer that tells neither what was expected nor where the code is",
		Why: "an expected digest in the answer signs the next request of whoever reads it",
		run: func(t *trial) {
			m := t.valid()
			name := t.signatureHeader()
			right := m.get(name)
			without := m.clone()
			without.del(name)
			wrong := m.clone()
			wrong.body[len(wrong.body)-1] ^= 1
			expected := right
			if t.hmac != nil {
				right, expected = t.digest(m), t.mac(t.target.Secret, *t.hmac, t.signedBytes(wrong))
			}
			for _, bad := range []*message{without, wrong} {
				a := t.send(bad)
				t.rejected(a, unauthorized)
				for _, tell := range []line{
					{"the right signature", right},
					{"the signature that it expected", expected},
					{"a stack", "goroutine "},
					{"a stack", "Traceback (most"},
					{"a stack", "\n    at "},
					{"a file's path", ".go:"},
					{"a file's path", ".py\""},
					{"a file's path", ".php on line"},
				} {
					if strings.Contains(a.text(), tell.value) {
						t.failed("the answer tells %s", tell.name)
					}
				}
			}
		},
	},
	{
		ID: "SIG-20", Level: Should, Sent: "a wrong signature on what is no JSON either", Want: "401 and not 400",
		Why: "what a stranger sends should not be parsed at all",
		run: func(t *trial) {
			m := t.raw(`{"cut`)
			m.body[0] ^= 1
			a := t.send(m)
			t.rejected(a, unauthorized)
		},
	},
}
