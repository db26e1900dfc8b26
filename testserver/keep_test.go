package testserver_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// nowhere is a transport that is none of ours, and calls nobody.
type nowhere struct{}

func (nowhere) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

func TestHosts(t *testing.T) {
	t.Parallel()
	for url, allowed := range map[string]bool{
		"http://localhost/":            true,
		"http://localhost:8080/hooks":  true,
		"https://127.0.0.1/":           true,
		"http://127.1.2.3:80/":         true,
		"http://[::1]:8080/":           true,
		"http://receiver.lan:8080/":    true, // named
		"http://other.lan/":            false,
		"http://not-receiver.lan/":     false,
		"http://receiver.lan.evil.xx/": false,
		"http://localhost.evil.xx/":    false,
		"http://evillocalhost/":        false,
		"http://0.0.0.0/":              false,
		"http://[::]/":                 false,
		"http://10.0.0.1/":             false,
		"http://192.0.2.1/":            false,
		"http://169.254.169.254/":      false,
		"http://127.0.0.1.evil.xx/":    false,
		"http://2130706433/":           false,
		"http://[::ffff:10.0.0.1]/":    false,
	} {
		t.Run(url, func(t *testing.T) {
			t.Parallel()
			s := with(t, hookmitt.Civo(), nil, testserver.Options{Transport: nowhere{}, Allow: []string{"receiver.lan"}})
			ep, err := s.Subscribe(testserver.Subscription{URL: url, Secret: secret})
			if !allowed {
				require.ErrorContains(t, err, "is not on this machine")
				require.Empty(t, s.Endpoints())
				_, err := newServer(t, hookmitt.Civo(), statuses(200)).Subscribe(testserver.Subscription{URL: url, Secret: secret})
				require.NoError(t, err, "in process nothing leaves the machine")
				ep := subscribeTo(t, s, "http://localhost/")
				require.ErrorContains(t, ep.Update(testserver.Subscription{URL: url}), "is not on this machine")
				require.Equal(t, "http://localhost/", ep.Subscription().URL)
				return
			}
			require.NoError(t, err)
			_, err = ep.Send(t.Context(), of(t, hookmitt.Civo())).Wait(t.Context())
			require.NoError(t, err)
		})
	}
}

func subscribeTo(t *testing.T, s *testserver.Server, url string) *testserver.Endpoint {
	t.Helper()
	ep, err := s.Subscribe(testserver.Subscription{URL: url, Secret: secret})
	require.NoError(t, err)
	return ep
}

func TestKeep(t *testing.T) {
	t.Parallel()
	p := hookmitt.Mixpost()
	_, err := testserver.New(p, &testserver.Options{Keep: -1})
	require.ErrorContains(t, err, "Options.Keep")
	inBubbles(t, map[string]func(t *testing.T){
		"the oldest settled ones go, and are counted": func(t *testing.T) {
			s := with(t, p, statuses(200), testserver.Options{Keep: 3})
			ep := endpoint(t, s)
			var all []*testserver.Delivery
			for range 10 {
				d := ep.Send(t.Context(), of(t, p))
				_, err := d.Wait(t.Context())
				require.NoError(t, err)
				all = append(all, d)
			}
			kept, forgotten := s.Deliveries()
			require.Equal(t, all[7:], kept)
			require.Equal(t, 7, forgotten)
			require.Equal(t, "0s 200", all[0].Timeline().String(), "who holds it has it still")
		},
		"what is pending stays, and what was settled later goes before it": func(t *testing.T) {
			s := with(t, p, statuses(500, 200), testserver.Options{Keep: 2})
			ep := endpoint(t, s)
			pending := ep.Send(t.Context(), of(t, p))
			time.Sleep(time.Second)
			for range 5 {
				_, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
				require.NoError(t, err)
			}
			kept, forgotten := s.Deliveries()
			require.Len(t, kept, 2)
			require.Same(t, pending, kept[0])
			require.Equal(t, 4, forgotten)
			_, err := pending.Wait(t.Context())
			require.NoError(t, err)
		},
		"more that are pending than there is room for, and then there is room again": func(t *testing.T) {
			s := with(t, p, taking(time.Second, 200), testserver.Options{Keep: 2})
			ep := endpoint(t, s)
			for range 10 {
				ep.Send(t.Context(), of(t, p))
			}
			kept, forgotten := s.Deliveries()
			require.Len(t, kept, 10)
			require.Zero(t, forgotten)
			time.Sleep(time.Minute)
			_, err := ep.Send(t.Context(), of(t, p)).Wait(t.Context())
			require.NoError(t, err)
			kept, forgotten = s.Deliveries()
			require.Len(t, kept, 2)
			require.Equal(t, 9, forgotten)
		},
		"what was dropped or unwanted is kept like any other": func(t *testing.T) {
			s := with(t, p, statuses(200), testserver.Options{Keep: 2})
			ep, err := s.Subscribe(testserver.Subscription{URL: receiverURL, Inactive: true})
			require.NoError(t, err)
			for range 3 {
				ep.Send(t.Context(), of(t, p))
			}
			kept, forgotten := s.Deliveries()
			require.Len(t, kept, 2)
			require.Equal(t, 1, forgotten)
		},
	})
}

func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		const text = "do-not-show-me-0123456789"
		p := hookmitt.CDHosting()
		var notice testserver.Notice
		s := with(t, p, statuses(500), testserver.Options{Notify: func(n testserver.Notice) { notice = n }})
		ep, err := s.Subscribe(testserver.Subscription{URL: receiverURL, Secret: verify.NewSecret(text)})
		require.NoError(t, err)
		d := ep.Send(t.Context(), of(t, p), testserver.WrongKey())
		timeline, err := d.Wait(t.Context())
		require.ErrorIs(t, err, testserver.ErrExhausted)
		time.Sleep(time.Minute)
		for name, value := range map[string]any{
			"attempt": timeline[0], "timeline": timeline, "delivery": d, "endpoint": ep, "endpoints": s.Endpoints(),
			"subscription": ep.Subscription(), "notice": notice, "server": s, "error": err, "fault": testserver.WrongKey(),
		} {
			for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
				shown := fmt.Sprintf(format, value)
				require.NotContains(t, shown, text, "%s as %s", name, format)
				require.NotContains(t, shown, fmt.Sprintf("%x", text), "%s as %s", name, format)
			}
			shown, err := json.Marshal(value)
			if err == nil { // a function or a channel has no JSON
				require.NotContains(t, string(shown), text, name)
			}
		}
		shown, err := json.Marshal(ep.Subscription())
		require.NoError(t, err)
		require.Contains(t, string(shown), `"Secret":"[secret]"`)
	})
}
