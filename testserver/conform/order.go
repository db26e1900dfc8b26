package conform

// order is that one event does not wait for another.
var order = []Check{
	{
		ID: "ORD-03", Level: Must, Sent: "an event whose handler fails, and another one", Want: "5xx, then 2xx and one effect of the other",
		Why: "an event that cannot be done must not hold up those behind it", needs: needFail | needEffects,
		run: func(t *trial) {
			m := t.fails(Failure{Times: 100, How: "error"})
			t.broke(t.send(m))
			t.taken(t.valid())
		},
	},
}
