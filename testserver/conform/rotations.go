package conform

// rotations is what becomes of requests while the secret is changed.
var rotations = []Check{
	{
		ID: "ROT-01", Level: Must, Sent: "a delivery signed by the current secret, and one by the previous", Want: "2xx for both",
		Why: "while it is changed some requests are signed by the one and some by the other", needs: needPrevious,
		run: func(t *trial) {
			t.taken(t.valid())
			m, err := t.seal(t.target.Previous, t.event(), t.now())
			t.must(err)
			t.taken(m)
		},
	},
	{
		ID: "ROT-03", Level: Must, Sent: "an event's first attempt signed by a secret that is not known, and the next by the right one", Want: "401, then 2xx, and one effect",
		Why: "a rotation that the receiver learns of late must not cost an event", needs: needEffects,
		run: func(t *trial) {
			e := t.event()
			m, err := t.seal(t.stranger(), e, t.now())
			t.must(err)
			t.refused(m, unauthorized)
			t.taken(t.sealed(e))
		},
	},
	{
		ID: "ROT-04", Level: Must, Sent: "signatures by the current and by an unknown secret in one header", Want: "2xx",
		Why: "so a provider signs that has changed the secret when the receiver has not", needs: needList,
		run: func(t *trial) {
			m := t.valid()
			t.taken(t.beside(m, t.mac(t.stranger(), *t.hmac, t.signedBytes(m)), t.chance.IntN(2) == 0))
		},
	},
	{
		ID: "ROT-02", Level: Must, Sent: "a delivery signed by the previous secret when the rotation has ended", Want: "401, and no effect",
		Why: "a rotation after a leak must come to an end", needs: needPrevious | needRetire,
		run: func(t *trial) {
			t.must(t.target.Retire(t.ctx))
			m, err := t.seal(t.target.Previous, t.event(), t.now())
			t.must(err)
			t.refused(m, unauthorized)
			t.taken(t.valid())
		},
	},
}
