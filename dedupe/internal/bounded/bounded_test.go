package bounded_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe/internal/bounded"
)

var errAsk = errors.New("the answer is an error")

// answering is an ask that is deaf to its context, and answers when so much time has passed.
func answering(after time.Duration, answer string, err error) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		time.Sleep(after)
		return answer, err
	}
}

func TestDo(t *testing.T) {
	t.Parallel()
	const limit = time.Second
	errCause := errors.New("the cause")
	for name, c := range map[string]struct {
		ask    func(context.Context) (string, error)
		want   string
		err    []error // what the error is; none for nil
		says   string  // what it says
		took   time.Duration
		orphan []string
	}{
		"an answer":               {answering(0, "yes", nil), "yes", nil, "", 0, nil},
		"an answer in time":       {answering(limit-1, "yes", nil), "yes", nil, "", limit - 1, nil},
		"an error":                {answering(0, "", errAsk), "", []error{errAsk}, "", 0, nil},
		"an error with an answer": {answering(0, "half", errAsk), "half", []error{errAsk}, "", 0, nil},
		"a panic":                 {func(context.Context) (string, error) { panic("boom") }, "", nil, "the store panicked: boom", 0, nil},
		"a panic with an error":   {func(context.Context) (string, error) { panic(errAsk) }, "", nil, "the store panicked: the answer is an error", 0, nil},
		"Goexit":                  {func(context.Context) (string, error) { runtime.Goexit(); return "", nil }, "", nil, "runtime.Goexit", 0, nil},
		"a late answer":           {answering(2*limit, "yes", nil), "", []error{bounded.ErrStalled, errCause}, "", limit, []string{"yes"}},
		"a late error":            {answering(2*limit, "half", errAsk), "", []error{bounded.ErrStalled, errCause}, "", limit, nil},
		"a late panic":            {func(context.Context) (string, error) { time.Sleep(2 * limit); panic("boom") }, "", []error{bounded.ErrStalled}, "", limit, nil},
		"a late Goexit":           {func(context.Context) (string, error) { time.Sleep(2 * limit); runtime.Goexit(); return "", nil }, "", []error{bounded.ErrStalled}, "", limit, nil},
		"an ask that heeds its end": {func(ctx context.Context) (string, error) {
			<-ctx.Done()
			time.Sleep(time.Nanosecond)
			return "", ctx.Err()
		}, "", []error{bounded.ErrStalled, errCause}, "", limit, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // which ends with no goroutine left
				ctx, cancel := context.WithTimeoutCause(t.Context(), limit, errCause)
				defer cancel()
				var orphans []string
				start := time.Now()
				answer, err := bounded.Do(ctx, c.ask, func(late string) { orphans = append(orphans, late) })
				require.Equal(t, c.took, time.Since(start))
				require.Equal(t, c.want, answer)
				for _, want := range c.err {
					require.ErrorIs(t, err, want)
				}
				if c.says != "" {
					require.ErrorContains(t, err, c.says)
				} else if c.err == nil {
					require.NoError(t, err)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				require.Equal(t, c.orphan, orphans)
			})
		})
	}
}

// An answer at the very end goes to the one who asked or to orphan, and never to both or to nobody.
func TestAnAnswerAtTheVeryEnd(t *testing.T) {
	t.Parallel()
	var asker, orphaned int
	for range 2000 {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			orphans := 0
			answer, err := bounded.Do(ctx, answering(time.Second, "yes", nil), func(string) { orphans++ })
			synctest.Wait()
			if err == nil {
				require.Equal(t, "yes", answer)
				require.Zero(t, orphans)
				asker++
				return
			}
			require.ErrorIs(t, err, bounded.ErrStalled)
			require.Empty(t, answer)
			require.Equal(t, 1, orphans)
			orphaned++
		})
	}
	t.Logf("%d to the one who asked, %d to orphan", asker, orphaned)
}

func TestOrphansHaveAGoroutineOfTheirOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		block := make(chan struct{})
		_, err := bounded.Do(ctx, answering(time.Second, "yes", nil), func(string) { <-block })
		require.ErrorIs(t, err, context.Canceled)
		time.Sleep(time.Minute) // nobody waits for it
		close(block)
	})
}
