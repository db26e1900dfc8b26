package soaktest

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
)

func TestMain(m *testing.M) {
	Serve(forgetful)
	os.Exit(m.Run())
}

// forgetful is a receiver that remembers until it is killed.
func forgetful(string) (Receiver, error) {
	return Receiver{Store: dedupe.NewMemory(0), Do: func(_ context.Context, j *Job) error {
		j.At(Wrote)
		return nil
	}}, nil
}

// trier is a test that may fail.
type trier struct {
	testing.TB
	failed string
}

func (t *trier) Fatalf(format string, args ...any) {
	t.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func TestSoakFindsOutAStoreThatForgets(t *testing.T) {
	t.Parallel()
	try, ended := &trier{TB: t}, make(chan struct{})
	go func() {
		defer close(ended)
		Soak(try, Stand{Name: "memory", Receivers: 1, Pass: func(time.Duration) error { return nil }}, 1, 128)
	}()
	<-ended
	require.Regexp(t, `^seed 1: event \d+ was sent again, and was done again or given up: <nil>: .*200`, try.failed)
}

func TestSought(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{0, 1, 20, 63, 64, 255, 1<<32 - 1, 1<<64 - 1} {
		for _, place := range places {
			require.Equal(t, 1, Sought(place, seed, 4*64), "seed %d: %s", seed, place)
		}
	}
	_, ok := sought("another event")
	require.False(t, ok)
}
