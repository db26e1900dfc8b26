package middleware_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/dedupetest"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

const signature = "X-CDHosting-Signature"

// identified is a body whose id is this JSON text.
func identified(id string) events.Event {
	return events.Event{Raw: fmt.Appendf(nil, `{"id":%s,"type":"server.started","data":{}}`, id)}
}

// ofTenant is e's request, for a tenant.
func ofTenant(s *stand, tenant string, e events.Event) *http.Request {
	s.t.Helper()
	r := s.request(e)
	r.Header.Set("Tenant", tenant)
	return r
}

func byHeader(r *http.Request) string { return r.Header.Get("Tenant") }

func TestScenarioIDs(t *testing.T) {
	t.Parallel()
	onEveryStore(t, map[string]func(t *testing.T, store dedupe.Store){
		"scenario 24 a bad signature with a known or a new id": func(t *testing.T, store dedupe.Store) {
			counted := &dedupetest.Flaky{Store: store}
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: counted})
			require.Equal(t, "200 accepted", brief(s.send(started("evt_known"))))
			require.Equal(t, 1, counted.Calls(dedupetest.Claim))
			bodies := map[string]bool{}
			for _, id := range []string{"evt_known", "evt_new"} {
				for flaw, spoil := range map[string]func(h http.Header){
					"missing":   func(h http.Header) { h.Del(signature) },
					"empty":     func(h http.Header) { h.Set(signature, "") },
					"doubled":   func(h http.Header) { h.Add(signature, h.Get(signature)) },
					"cut short": func(h http.Header) { h.Set(signature, h.Get(signature)[:62]) },
					"not hex":   func(h http.Header) { h.Set(signature, strings.Repeat("x", 64)) },
					"another secret's": func(h http.Header) {
						_, body, err := s.provider.Seal(secret, started(id), time.Now())
						require.NoError(t, err)
						require.NoError(t, s.provider.Scheme.Sign(verify.NewSecret("another"), h, body, time.Now()))
					},
				} {
					r := s.request(started(id))
					spoil(r.Header)
					refused := s.do(r)
					require.Equal(t, "401", brief(refused), flaw)
					bodies[fmt.Sprint(refused.Body, refused.Header)] = true
				}
			}
			require.Len(t, bodies, 1, "every refusal is the same")
			require.Equal(t, 1, counted.Calls(dedupetest.Claim), "the store is not asked")
			a.requireRuns(t, 1)
			require.Equal(t, "200 accepted", brief(s.send(started("evt_new"))), "nothing is known of it")
		},
		"scenario 25 an id that is none": func(t *testing.T, store dedupe.Store) {
			counted := &dedupetest.Flaky{Store: store}
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: counted})
			for _, id := range []string{
				`""`, `"` + strings.Repeat("x", 257) + `"`, `"` + strings.Repeat("é", 129) + `"`, `"evt\u0000"`, `"evt\n1"`, `"\u007f"`, `"\u0085"`, "null", "true",
				"1.5", "1e3", "{}", "[]", `"evt_1","id":"evt_2"`, `"evt_1","\u0069d":"evt_2"`,
			} {
				require.Equal(t, "400 malformed", brief(s.send(identified(id))), id)
			}
			require.Zero(t, counted.Calls(dedupetest.Claim))
			a.requireRuns(t)
		},
		"scenario 25 ids that look like something else": func(t *testing.T, store dedupe.Store) {
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			ids := []string{
				`"evt_1"`, `"EVT_1"`, `"evt_1 "`, `" evt_1"`, `"{evt_1}"`, `"}{"`, `"}"`, `"{"`, `"a/b"`, `"a/"`, `"/body"`, `"../../evt_1"`, `"%00"`, `"%7D"`,
				`"evt_1'; drop table events; --"`, `"evt_1:evt_2"`, `"evt_1,evt_2"`, `"é"`, `"e\u0301"`, "1", "-1", "10000000000000000000000000000000000001",
				"10000000000000000000000000000000000002", `"` + strings.Repeat("x", 256) + `"`, `"` + strings.Repeat("x", 255) + `"`,
			}
			for _, id := range ids {
				require.Equal(t, "200 accepted", brief(s.send(identified(id))), id)
			}
			for _, id := range ids {
				require.Equal(t, "200 duplicate", brief(s.send(identified(id))), id)
			}
			require.Len(t, a.claims, len(ids))
		},
		"scenario 26 the same id at two providers": func(t *testing.T, store dedupe.Store) {
			a := act(nothing)
			other := hookmitt.CDHosting()
			other.Name = "cdhosting-staging"
			for _, p := range []hookmitt.Provider{hookmitt.CDHosting(), other} {
				s := newStand(t, p, a.HandleEvent, middleware.Options{Store: store})
				require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
				require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			}
			a.requireRuns(t, 1, 1)
		},
		"scenario 26 the same id at two tenants": func(t *testing.T, store dedupe.Store) {
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store, Tenant: byHeader})
			for _, tenant := range []string{"a", "b", "a/b", "a/", "A"} {
				require.Equal(t, "200 accepted", brief(s.do(ofTenant(s, tenant, started("evt_1")))), tenant)
				require.Equal(t, "200 duplicate", brief(s.do(ofTenant(s, tenant, started("evt_1")))), tenant)
			}
			require.Equal(t, "200 accepted", brief(s.do(ofTenant(s, "a", started("b/evt_1")))), "a with b/evt_1 is not a/b with evt_1")
			require.Equal(t, "401", brief(s.do(ofTenant(s, "", started("evt_1")))))
			a.requireRuns(t, 1, 1, 1, 1, 1, 1)
		},
		"scenario 26 the ids of one tenant are not the bodies of another": func(t *testing.T, store dedupe.Store) {
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store, Tenant: byHeader, BodyWindow: time.Hour})
			_, body, err := s.provider.Seal(secret, started("evt_1"), time.Now())
			require.NoError(t, err)
			sum := sha256.Sum256(body)
			require.Equal(t, "200 accepted", brief(s.do(ofTenant(s, "a/body", started(hex.EncodeToString(sum[:]))))))
			require.Equal(t, "200 accepted", brief(s.do(ofTenant(s, "a", started("evt_1")))))
			a.requireRuns(t, 1, 1)
		},
		"scenario 27 the same id, another body": func(t *testing.T, store dedupe.Store) {
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			other := events.New(events.ServerStarted{ServerID: "srv_2", Name: "web", Status: "running", IP: "192.0.2.7"})
			other.ID = "evt_1"
			require.Equal(t, "200 duplicate", brief(s.send(other)))
			a.requireRuns(t, 1)
		},
		"scenario 36 an event is forgotten after it was done": func(t *testing.T, store dedupe.Store) {
			a := act(failing, nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "500 failed", brief(s.send(started("evt_1"))))
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.NoError(t, s.receiver.Forget(t.Context(), "", "evt_1"))
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 2, 1)
		},
		"scenario 36 an event is forgotten while it runs": func(t *testing.T, store dedupe.Store) {
			a := act(lasting(12*time.Second, nil), nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store})
			require.Equal(t, "503 timed-out", brief(s.send(started("evt_1"))))
			require.NoError(t, s.receiver.Forget(t.Context(), "", "evt_1"))
			require.Equal(t, "200 accepted", brief(s.send(started("evt_1"))))
			time.Sleep(5 * time.Second)
			late := s.last()
			require.True(t, late.Late)
			require.ErrorIs(t, late.Err, dedupe.ErrLeaseLost, "its commit changes nothing")
			require.Equal(t, "200 duplicate", brief(s.send(started("evt_1"))))
			a.requireRuns(t, 1, 1)
		},
		"scenario 36 a tenant's event is forgotten, and nobody else's": func(t *testing.T, store dedupe.Store) {
			a := act(nothing)
			s := newStand(t, hookmitt.CDHosting(), a.HandleEvent, middleware.Options{Store: store, Tenant: byHeader})
			for _, tenant := range []string{"a", "b"} {
				require.Equal(t, "200 accepted", brief(s.do(ofTenant(s, tenant, started("evt_1")))))
			}
			require.NoError(t, s.receiver.Forget(t.Context(), "a", "evt_1"))
			require.NoError(t, s.receiver.Forget(t.Context(), "a", "evt_unknown"))
			require.Equal(t, "200 duplicate", brief(s.do(ofTenant(s, "b", started("evt_1")))))
			require.Equal(t, "200 accepted", brief(s.do(ofTenant(s, "a", started("evt_1")))))
			a.requireRuns(t, 1, 1, 1)
		},
	})
}
