package dedupetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
)

func TestLawsCatchFlaws(t *testing.T) {
	t.Parallel()
	caught := map[int]bool{}
	for flaw, is := range flaws {
		caught[is.law] = true
		t.Run(flaw, func(t *testing.T) {
			t.Parallel()
			v := judge(t, is.law, func() Subject {
				b := newBroken()
				is.make(b)
				return Subject{Store: b, Pass: time.Sleep, Foreign: func(_ *testing.T, k dedupe.Key) { b.planted[k] = true }}
			})
			require.Contains(t, v.failed, fmt.Sprintf("law %d, ", is.law), "the law does not see the flaw")
			require.Regexp(t, `(?s)done: .*came: .*wanted: `, v.failed)
		})
	}
	require.Len(t, caught, len(laws), "some law has not been shown to fail")
}

func TestLawsThatDoNotApplyAreSkipped(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		law  int
		open func() Subject
		want string
	}{
		"a store of nothing but records has no law 16": {16, func() Subject {
			return Subject{Store: newBroken(), Pass: time.Sleep}
		}, "the store holds nothing but records"},
		"a store that forgets nothing has no law 18": {18, func() Subject {
			return Subject{Store: struct{ dedupe.Store }{newBroken()}, Pass: time.Sleep}
		}, "is no dedupe.Forgetter"},
		"nor has a flaky one around it": {18, func() Subject {
			return Subject{Store: &Flaky{Store: struct{ dedupe.Store }{newBroken()}}, Pass: time.Sleep}
		}, "is no dedupe.Forgetter"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := judge(t, c.law, c.open)
			require.Empty(t, v.failed)
			require.Contains(t, v.skipped, c.want)
		})
	}
}

func TestSubjectsThatLackSomethingAreRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		subject Subject
		want    string
	}{
		"without a store": {Subject{Pass: time.Sleep}, "Subject.Store is required"},
		"without a clock": {Subject{Store: newBroken()}, "Subject.Pass is required"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, judge(t, 1, func() Subject { return c.subject }).failed, c.want)
		})
	}
}
