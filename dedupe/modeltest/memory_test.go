package modeltest_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hookmitt/hookmitt/dedupe"
)

func TestMemory(t *testing.T) { checkMemory(t, asItIs, alone) }

func TestMemoryInACrowd(t *testing.T) { checkMemory(t, asItIs, crowded) }

func asItIs(m *dedupe.Memory) dedupe.Store { return m }

// checkMemory checks a memory with a bug in it. Each schedule has a bubble and a memory of its own.
func checkMemory(t *testing.T, plant func(*dedupe.Memory) dedupe.Store, do walk) {
	t.Helper()
	n := 1500
	if race {
		n = 500
	}
	schedulesOf(t, n)
	met := tally{}
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			s := on(plant(dedupe.NewMemory(0)))
			s.pass = time.Sleep
			do(t, newMachine(s, met))
		})
	})
	met.requireAll(t)
}
