package conform

// order is that one event does not wait for another.
var order = []Check{
	{
		ID: "ORD-03", Level: Must, Sent: "an event whose handler fails, and another one", Want: "5xx (2xx of a receiver that answers before the work), then 2xx and one effect of the other",
		Why: "an event that cannot be done must not hold up those behind it", needs: needFail | needEffects,
		run: func(t *trial) {
			m := t.fails(Failure{Times: 100, How: "error"})
			if a := t.send(m); !a.succeeded() { // or the receiver tries again by itself
				t.broke(a)
			}
			t.taken(t.valid())
		},
	},
}
