package conform

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// Target is a receiver to be judged. What is optional in it is what some checks need, which are skipped without it.
type Target struct {
	Provider hookmitt.Provider // whose webhooks it receives. Required.
	Secret   verify.Secret     // that it shares with the provider. Required.

	// URL is where it receives them, http or https. With Handler it is what the handler finds in its requests, by default
	// http://receiver.test/.
	URL string

	// Handler is the receiver itself, to be called without a network behind net/http's own server. Inside a
	// testing/synctest bubble the time that checks wait for then costs none. Default: URL is called.
	Handler http.Handler

	// Event is one that the receiver handles with one effect. Its id and time are replaced, and every UUID in its data.
	// Default: the provider's test event.
	Event events.Event

	// Previous is the secret before Secret, which the receiver accepts for the time of a rotation. Optional.
	Previous verify.Secret

	// Retire ends the rotation: the receiver no longer accepts Previous. Optional.
	Retire func(ctx context.Context) error

	// MaxBody is the longest body that the receiver takes, in bytes. Optional.
	MaxBody int64

	// Effects is how often an event's work was done: how many rows there are for its id, or e-mails, or calls that the
	// receiver's test build has made. Of a provider without ids it is the id that the provider's codec derives. An event of
	// a type that the receiver does not know has no effect. Optional.
	Effects func(ctx context.Context, eventID string) (int, error)

	// Fails says that the receiver's handler obeys events of the type [FailEvent]. Default: it is taken not to.
	Fails bool

	// Fail tells the receiver how its handler is to go wrong with the event of that id, before it is sent: for receivers
	// that cannot obey events. Optional.
	Fail func(ctx context.Context, eventID string, f Failure) error

	// Restart stops the receiver and starts it again, and returns when it receives. Optional.
	Restart func(ctx context.Context) error

	// Pass lets time pass for the receiver and for what it remembers ids in: [time.Sleep] in a bubble. What comes after it
	// is signed at the time that it is then for the receiver. Optional.
	Pass func(ctx context.Context, d time.Duration) error
}

// FailEvent is the type of events by which checks tell a receiver's handler to go wrong: its data is a [Failure]. A
// receiver's test build handles it so:
//
//	events.Match(router, conform.FailEvent, func(ctx context.Context, e events.Event, f conform.Failure) error {
//		if runs[e.ID]++; runs[e.ID] <= f.Times { … } // goes wrong as f.How says
//		return work(ctx, e)                           // the effect, as of any event
//	})
const FailEvent = "sim.fail"

// Failure is how a handler goes wrong.
type Failure struct {
	Times int    `json:"times"` // runs of the event that go wrong; the next one works
	How   string `json:"how"`   // "error": it fails; "panic": it panics; "slow": it works, and takes twice as long as the provider waits
}

// need is what a check needs to be made.
type need uint

const (
	needEffects  need = 1 << iota // E
	needFail                      // F
	needRestart                   // R
	needPass                      // C
	needPrevious                  // O
	needRetire                    // O C
	needLimit                     // L
	needTime                      // T
	needList                      // T, with several signatures in a header
	needHMAC
	needID       // the provider sends ids
	needHeaderID // in a header
	needFreeID   // in a header that the signature does not cover
	needRetries
)

// needs are what is missing where a check is skipped, in the words of its result.
var needs = []struct {
	need    need
	missing string
	met     func(p *probe) bool
}{
	{needHMAC, "the provider does not sign by an HMAC", func(p *probe) bool { return p.hmac != nil }},
	{needTime, "the provider signs no time", func(p *probe) bool { return p.hmac != nil && p.hmac.Timestamp != verify.Source{} }},
	{needList, "the provider's signature header has no room for two signatures", func(p *probe) bool { return p.hmac != nil && p.hmac.Form.Separator() != "" }},
	{needID, "the provider sends no ids", func(p *probe) bool { return !p.target.Provider.Codec.IDField().Derived() }},
	{needHeaderID, "the provider sends no id in a header", func(p *probe) bool { return p.idHeader != "" }},
	{needFreeID, "the signature covers the id", func(p *probe) bool { return p.idHeader != "" && !p.target.Provider.Scheme.Covers(p.idHeader) }},
	{needRetries, "the provider does not retry", func(p *probe) bool { return p.target.Provider.Retry.Retries() > 0 }},
	{needEffects, "nobody says what the receiver's effects are", func(p *probe) bool { return p.target.Effects != nil }},
	{needFail, "the receiver's handler cannot be told to fail", func(p *probe) bool { return p.target.Fails || p.target.Fail != nil }},
	{needRestart, "the receiver cannot be restarted", func(p *probe) bool { return p.target.Restart != nil }},
	{needPass, "the receiver's clock cannot be moved", func(p *probe) bool { return p.target.Pass != nil }},
	{needPrevious, "there is no previous secret", func(p *probe) bool { return !p.target.Previous.IsZero() }},
	{needRetire, "the rotation cannot be ended", func(p *probe) bool { return p.target.Retire != nil }},
	{needLimit, "nobody says what the longest body is", func(p *probe) bool { return p.target.MaxBody > 0 }},
}

// validate completes the target, or says what is wrong with it.
func (t *Target) validate() (*url.URL, error) {
	if err := t.Provider.Validate(); err != nil {
		return nil, err
	}
	if t.Secret.IsZero() {
		return nil, errors.New("conform: Target.Secret is missing")
	}
	if t.URL == "" && t.Handler != nil {
		t.URL = "http://receiver.test/"
	}
	u, err := url.Parse(t.URL)
	switch {
	case t.URL == "":
		return nil, errors.New("conform: Target.URL is missing")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, fmt.Errorf("conform: Target.URL %q is no http or https URL", t.URL)
	case t.MaxBody < 0:
		return nil, fmt.Errorf("conform: Target.MaxBody is negative: %d", t.MaxBody)
	}
	if t.Event.Type == "" {
		if t.Event.Type = testOf(t.Provider); t.Event.Type == "" {
			return nil, errors.New("conform: Target.Event is missing: the provider has no test event")
		}
	}
	if t.Event.Data == nil {
		sample := t.Provider.Events[t.Event.Type]
		if sample == nil {
			return nil, fmt.Errorf("conform: Target.Event has no data, and the provider has no sample of %s", t.Event.Type)
		}
		t.Event = events.Named(t.Event.Type, sample)
	}
	return u, nil
}

// testOf is the type of a provider's test event; "" if it has none.
func testOf(p hookmitt.Provider) string {
	if types := slices.Sorted(maps.Keys(p.Events)); p.Test == "" && len(types) > 0 {
		return types[0]
	}
	return p.Test
}
