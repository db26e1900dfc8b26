package hookmitt_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

// TestReadmeSaysWhatFollowsFromTheSchedule compares the README's table of providers with what a receiver of each does.
func TestReadmeSaysWhatFollowsFromTheSchedule(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for name, p := range map[string]hookmitt.Provider{
		"Civo": hookmitt.Civo(), "Mixpost": hookmitt.Mixpost(), "CDHosting": hookmitt.CDHosting(),
		"Standard Webhooks": hookmitt.StandardWebhooks(), "GitHub": hookmitt.GitHub(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row := regexp.MustCompile(`(?m)^\| ` + name + ` \| (\d.*) \|$`).FindSubmatch(readme)
			require.NotNil(t, row)
			want := strings.Split(string(row[1]), " | ")
			synctest.Test(t, func(t *testing.T) { require.Equal(t, want, followsFrom(t, p)) })
		})
	}
}

// holding is a store that remembers for how long it was asked to hold.
type holding struct {
	*dedupe.Memory
	hold dedupe.Hold
}

func (s *holding) Claim(ctx context.Context, k dedupe.Key, owner string, h dedupe.Hold) (dedupe.Claim, error) {
	s.hold = h
	return s.Memory.Claim(ctx, k, owner, h)
}

// followsFrom lets a handler hang, and reports what it meets.
func followsFrom(t *testing.T, p hookmitt.Provider) []string {
	t.Helper()
	secret, store, start, ends := p.SecretOf("test-secret"), &holding{Memory: dedupe.NewMemory(0)}, time.Now(), time.Duration(0)
	receiver, err := middleware.New(p, verify.NewKeyring(secret), &middleware.Options{Store: store})
	require.NoError(t, err)
	e, _ := p.Events.Sample(p.Events.Types()[0])
	e.ID = uuid
	h, body, err := p.Seal(secret, e, time.Now())
	require.NoError(t, err)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(string(body)))
	r.Header = h
	receiver.Handle(events.HandlerFunc(func(ctx context.Context, _ events.Event) error {
		<-ctx.Done()
		ends = time.Since(start)
		return ctx.Err()
	})).ServeHTTP(httptest.NewRecorder(), r)
	answered := time.Since(start)
	require.NoError(t, receiver.Shutdown(t.Context()))
	last := "it never retries"
	if p.Retry.Retries() > 0 {
		last = brief(p.Retry.Total())
	}
	return []string{brief(p.Deadline), brief(answered), brief(ends), brief(store.hold.Lease), brief(store.hold.Remember), last}
}

// brief writes a duration in its two largest units, and hours alone from a hundred on.
func brief(d time.Duration) string {
	hours, minutes, seconds := int(d/time.Hour), int(d/time.Minute%60), int(d/time.Second%60)
	var parts []string
	if hours > 0 {
		parts = append(parts, fmt.Sprintf("%d h", hours))
	}
	if minutes > 0 && hours < 100 {
		parts = append(parts, fmt.Sprintf("%d m", minutes))
	}
	if seconds > 0 && hours == 0 {
		parts = append(parts, fmt.Sprintf("%d s", seconds))
	}
	return strings.Join(parts, " ")
}
