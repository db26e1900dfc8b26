package testserver_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

func TestTimelineString(t *testing.T) {
	t.Parallel()
	start := time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)
	at := start.Add
	for name, c := range map[string]struct {
		timeline testserver.Timeline
		want     string
	}{
		"no attempt":                  {nil, ""},
		"one attempt begins at 0":     {testserver.Timeline{{At: at(time.Hour), Status: 200}}, "0s 200"},
		"attempts, from the first on": {testserver.Timeline{{At: at(0), Status: 500}, {At: at(5*time.Minute + 1500*time.Millisecond), Status: 204}}, "0s 500, 5m1.5s 204"},
		"a timeout is not an error":   {testserver.Timeline{{At: at(0), Err: fmt.Errorf("wrapped: %w", context.DeadlineExceeded)}}, "0s timeout"},
		"an error":                    {testserver.Timeline{{At: at(0), Err: errors.New("refused")}}, "0s error"},
		"a cancelled one is an error": {testserver.Timeline{{At: at(0), Err: context.Canceled}}, "0s error"},
		"an error whatever status":    {testserver.Timeline{{At: at(0), Err: errors.New("cut short"), Status: 200}}, "0s error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.timeline.String())
		})
	}
	t.Run("every mark", func(t *testing.T) {
		t.Parallel()
		inBubble(t, func(t *testing.T) {
			timeline, _ := deliver(t, hookmitt.Civo(), inTurn(statuses(500), taking(time.Minute, 200), statuses(302), statuses(200), statuses(200)),
				testserver.OnAttempt(4, testserver.LostReply()))
			require.Equal(t, "0s 500, 5m0s timeout, 35m5s 302, 1h35m5s lost, 3h35m5s 200", timeline.String())
		})
	})
}
