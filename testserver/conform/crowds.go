package conform

import (
	"slices"
	"sync"
	"time"
)

// crowds is what becomes of many at once.
var crowds = []Check{
	{
		ID: "CONC-01", Level: Must, Sent: "200 events, 50 at once", Want: "2xx for each, and each effect once",
		Why: "updates get lost, and pools run dry", needs: needEffects,
		run: func(t *trial) { t.crowd(t.many(200), 50) },
	},
	{
		ID: "CONC-02", Level: Must, Sent: "20 events five times each, shuffled, at once", Want: "20 effects",
		Why: "two copies that come together must not both find the id new", needs: needEffects,
		run: func(t *trial) {
			each := t.many(20)
			all := slices.Concat(each, each, each, each, each)
			t.chance.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			for i, a := range t.together(all...) {
				t.keep(all[i], a)
				if !a.busy() {
					t.accepted(a)
				}
			}
			for _, m := range each {
				t.again(m)
				t.effects(m.id, 1)
			}
		},
	},
	{
		ID: "CONC-03", Level: Should, Sent: "20 deliveries while forged ones come, 50 a second", Want: "2xx for each, in time",
		Why: "to refuse must be cheap",
		run: func(t *trial) {
			stop := make(chan struct{})
			var forger sync.WaitGroup
			defer forger.Wait()
			defer close(stop)
			forger.Go(func() {
				for {
					select {
					case <-stop:
						return
					case <-t.ctx.Done():
						return
					case <-time.After(time.Second / 50):
						if m, err := t.seal(t.stranger(), t.event(), t.now()); err == nil {
							forger.Go(func() { _ = t.wire.send(t.ctx, m) })
						}
					}
				}
			})
			for range 20 {
				m := t.valid()
				t.again(m)
				t.effects(m.id, 1)
			}
		},
	},
}

// many are n new deliveries.
func (t *trial) many(n int) []*message {
	var all []*message
	for range n {
		all = append(all, t.valid())
	}
	return all
}

// crowd sends requests, some at once, and wants each to be accepted and to have one effect.
func (t *trial) crowd(all []*message, width int) {
	for some := range slices.Chunk(all, width) {
		for i, a := range t.together(some...) {
			t.keep(some[i], a)
			if a.busy() { // it has enough for now
				t.again(some[i])
				continue
			}
			t.accepted(a)
		}
	}
	for _, m := range all {
		if n := t.countEffects(m.id); n != 1 {
			t.effects(m.id, 1)
		}
	}
}
