package testserver_test

import (
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

// reporting is a server on which so many changes have been made: each tells its number as the id of an event.
func reporting(t *testing.T, n int) *testserver.Server {
	t.Helper()
	s := newServer(t, hookmitt.Civo(), statuses(200))
	for i := range n {
		_, err := s.ReportEffect(fmt.Sprint(i + 1))
		require.NoError(t, err)
	}
	return s
}

func TestChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		made   int
		after  uint64
		first  uint64 // of those that are told of; all later ones are too
		told   int
		missed bool
	}{
		"nothing has happened":                       {0, 0, 0, 0, false},
		"from the beginning":                         {5, 0, 1, 5, false},
		"after the third":                            {5, 3, 4, 2, false},
		"after the latest":                           {5, 5, 0, 0, false},
		"after one that is still to come":            {5, 6, 0, 0, false},
		"after the last there can be":                {5, math.MaxUint64, 0, 0, false},
		"as many as are kept":                        {10_000, 0, 1, 10_000, false},
		"one more than are kept, from the beginning": {10_001, 0, 2, 10_000, true},
		"one more, after the first":                  {10_001, 1, 2, 10_000, false},
		"many more, from the beginning":              {25_000, 0, 15_001, 10_000, true},
		"many more, after the latest that is gone":   {25_000, 15_000, 15_001, 10_000, false},
		"many more, after the one before":            {25_000, 14_999, 15_001, 10_000, true},
		"many more, after one that is kept":          {25_000, 24_997, 24_998, 3, false},
		"many more, after the latest":                {25_000, 25_000, 0, 0, false},
		"many more, after one that is still to come": {25_000, 25_001, 0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			since, latest, missed, more := reporting(t, c.made).Changes(c.after)
			require.EqualValues(t, c.made, latest)
			require.Equal(t, c.missed, missed)
			require.NotNil(t, more)
			require.Len(t, since, c.told)
			for i, change := range since {
				require.Equal(t, c.first+uint64(i), change.Number)
				require.Equal(t, fmt.Sprint(change.Number), change.EventID)
			}
		})
	}
}

func TestChangesMore(t *testing.T) {
	t.Parallel()
	isOpen := func(more <-chan struct{}) bool {
		select {
		case <-more:
			return false
		default:
			return true
		}
	}
	for name, test := range map[string]func(t *testing.T, s *testserver.Server){
		"it is closed at the next change, and not before": func(t *testing.T, s *testserver.Server) {
			_, _, _, more := s.Changes(0)
			_, err := s.Subscribe(testserver.Subscription{})
			require.Error(t, err)
			require.True(t, isOpen(more), "what is refused changes nothing")
			s.Arm(testserver.Twice())
			require.False(t, isOpen(more))
		},
		"it is open though there are changes to read": func(t *testing.T, s *testserver.Server) {
			since, _, _, more := s.Changes(1)
			require.NotEmpty(t, since)
			require.True(t, isOpen(more))
		},
		"each has its own next change": func(t *testing.T, s *testserver.Server) {
			_, _, _, first := s.Changes(0)
			s.Arm(testserver.Twice())
			_, _, _, second := s.Changes(0)
			require.False(t, isOpen(first))
			require.True(t, isOpen(second))
			s.Arm(testserver.Twice())
			require.False(t, isOpen(second))
		},
		"many may wait for it": func(t *testing.T, s *testserver.Server) {
			var waiting []<-chan struct{}
			for after := range uint64(5) {
				_, _, _, more := s.Changes(after)
				waiting = append(waiting, more)
			}
			s.Arm(testserver.Twice())
			for _, more := range waiting {
				require.False(t, isOpen(more))
			}
		},
		"nobody need wait": func(t *testing.T, s *testserver.Server) {
			s.Arm(testserver.Twice())
			s.Arm(testserver.Twice())
			_, latest, _, _ := s.Changes(0)
			require.EqualValues(t, 5, latest)
		},
		"what was returned is the caller's own": func(t *testing.T, s *testserver.Server) {
			since, _, _, _ := s.Changes(0)
			since[0].EventID = "forged"
			again, _, _, _ := s.Changes(0)
			require.Equal(t, "1", again[0].EventID)
		},
		"a reset does not begin the numbers again": func(t *testing.T, s *testserver.Server) {
			require.NoError(t, s.Reset(t.Context()))
			since, latest, missed, _ := s.Changes(3)
			require.Equal(t, "reset", story(since))
			require.EqualValues(t, 4, latest)
			require.False(t, missed)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, reporting(t, 3))
		})
	}
}

func TestChangesAreFollowed(t *testing.T) {
	t.Parallel()
	const reporters, reports, followers = 8, 100, 4
	s := reporting(t, 0)
	var all sync.WaitGroup
	for range followers {
		all.Go(func() {
			for after := uint64(0); after < reporters*reports; {
				since, latest, missed, more := s.Changes(after)
				require.False(t, missed)
				for _, change := range since {
					after++
					require.Equal(t, after, change.Number, "none is left out or told twice")
				}
				require.Equal(t, latest, after)
				if after < reporters*reports {
					<-more
				}
			}
		})
	}
	for range reporters {
		all.Go(func() {
			for range reports {
				_, _ = s.ReportEffect("evt_1")
			}
		})
	}
	all.Wait()
}
