package dedupetest_test

import (
	"testing"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
)

func TestRun(t *testing.T) {
	t.Parallel()
	dedupetest.Run(t, func(*testing.T) dedupetest.Subject {
		l := newLedger()
		s := l.subject()
		s.Store = forgetful{l}
		return s
	})
}

func TestRunWithAStoreThatOutlivesTheTest(t *testing.T) {
	t.Parallel()
	l := newLedger()
	for range 2 {
		dedupetest.Run(t, func(*testing.T) dedupetest.Subject {
			s := l.subject()
			s.Unit = 100 * time.Millisecond
			return s
		})
	}
}

func TestRunInBubble(t *testing.T) {
	t.Parallel()
	dedupetest.RunInBubble(t, func(*testing.T) dedupetest.Subject {
		return dedupetest.Subject{Store: dedupe.NewMemory(0), Pass: time.Sleep}
	})
}
