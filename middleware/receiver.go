package middleware

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// Receiver receives the webhooks of one provider. It is safe for concurrent use.
type Receiver struct {
	provider hookmitt.Provider
	secrets  verify.Secrets
	opts     Options // derived
	budget   time.Duration
	decoy    verify.Secret // of tenants that do not exist
	guard    *dedupe.Guard
	window   *dedupe.Guard // for Options.BodyWindow; else nil
	places   chan struct{} // for Options.MaxInFlight; else nil
	closing  atomic.Bool
}

// New makes a receiver, or says what is wired wrongly: a provider that does not validate, an empty secret on the ring,
// a tenant missing, a time that is too short. opts may be nil.
//
// It logs, once and through slog.Default(), what the provider's ids and the store cannot promise.
func New(p hookmitt.Provider, secrets verify.Secrets, opts *Options) (*Receiver, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if opts == nil {
		opts = &Options{}
	}
	o, err := opts.derive(p)
	if err != nil {
		return nil, err
	}
	if err := checkSecrets(p, secrets, o); err != nil {
		return nil, err
	}
	if o.Store == nil {
		o.Store = dedupe.NewMemory(0)
		slog.Info("webhook ids are kept in memory: one process, and forgotten at a restart", "provider", p.Name)
	}
	switch p.Identity() {
	case hookmitt.UnsignedID:
		slog.Warn("the provider does not sign its event ids: a captured request can be sent again under a fresh one", "provider", p.Name)
	case hookmitt.DerivedID:
		slog.Info("the provider sends no event ids: equal bodies are taken for one event", "provider", p.Name, "for", o.Remember)
	case hookmitt.SignedID:
	}
	if o.Observe == nil {
		o.Observe = Log(slog.Default())
	}
	rc := &Receiver{provider: p, secrets: secrets, opts: o, budget: budget(p), decoy: p.SecretOf(rand.Text())}
	rc.guard = &dedupe.Guard{
		Store: o.Store, Hold: dedupe.Hold{Lease: o.Lease, Remember: o.Remember},
		Budget: rc.budget, Longest: longest(p, o.Lease), Call: min(time.Second, rc.budget/4),
	}
	if o.BodyWindow > 0 {
		rc.window = &dedupe.Guard{
			Store: o.Store, Hold: dedupe.Hold{Lease: o.Lease, Remember: o.BodyWindow},
			Longest: rc.guard.Longest, Call: rc.guard.Call,
		}
	}
	if o.MaxInFlight > 0 {
		rc.places = make(chan struct{}, o.MaxInFlight)
	}
	return rc, nil
}

// checkSecrets tries what can be tried before the first request. A dynamic source is asked when there is one.
func checkSecrets(p hookmitt.Provider, secrets verify.Secrets, o Options) error {
	ring, ok := secrets.(*verify.Keyring)
	f, isFunc := secrets.(verify.SecretsFunc)
	switch {
	case secrets == nil || ok && ring == nil || isFunc && f == nil:
		return errors.New("middleware: no secrets")
	case !ok && o.Tenant == nil:
		return fmt.Errorf("middleware: secrets come from a %T, so Options.Tenant must say whose ids are whose", secrets)
	case !ok:
		return nil
	}
	all, err := ring.Secrets(context.Background())
	if err != nil {
		return fmt.Errorf("middleware: %w", err)
	}
	for i, secret := range all {
		err := p.Scheme.Sign(secret, http.Header{}, nil, time.Now())
		// ErrMissing is of a header that is signed, and that a real request has; a public key need not sign.
		if err != nil && !errors.Is(err, verify.ErrMissing) && !errors.Is(err, verify.ErrPublicKey) {
			return fmt.Errorf("middleware: secret %d of the ring: %w", i, err)
		}
	}
	return nil
}

// Handle receives events for a handler: an [events.Router], usually.
//
// The handler's context ends at the longest hold: when the provider's first gap has passed, or the lease if that is
// longer, and after 5 minutes at most (Civo 5 m, CDHosting 1 m, Mixpost 24 s). A handler that goes on after that is taken
// for dead, and the event is run again beside it.
func (rc *Receiver) Handle(h events.Handler) http.Handler {
	if f, ok := h.(events.HandlerFunc); h == nil || ok && f == nil {
		panic("middleware: Handle: the handler is nil")
	}
	return rc.receive(func(ctx context.Context, e events.Event) (*held, error) {
		return nil, h.HandleEvent(ctx, e)
	})
}

// Forget makes the next delivery of an event run its handler again, whatever became of it. tenant is "" where there
// are none. With Options.BodyWindow the body is still held back until its window has passed.
func (rc *Receiver) Forget(ctx context.Context, tenant, id string) error {
	store, ok := rc.opts.Store.(dedupe.Forgetter)
	if !ok {
		return fmt.Errorf("middleware: a %T cannot forget", rc.opts.Store)
	}
	id, err := rc.provider.Codec.IDField().Canonical(id)
	if err != nil {
		return err
	}
	return store.Forget(ctx, rc.key(tenant, id))
}

// Shutdown answers new requests 503 and waits for the runs that are going on, those that outlived their request among
// them. If ctx ends first, the error names them: their events are run again by whoever comes after their lease. Call
// it after http.Server.Shutdown, which waits for requests.
func (rc *Receiver) Shutdown(ctx context.Context) error {
	rc.closing.Store(true)
	if rc.window == nil {
		return rc.guard.Wait(ctx)
	}
	return errors.Join(rc.guard.Wait(ctx), rc.window.Wait(ctx))
}

// key scopes an id. A provider's name holds no slash and no space, so neither a tenant's name nor [Receiver.bodyKey]
// can make one key of two.
func (rc *Receiver) key(tenant, id string) dedupe.Key { return scoped(rc.provider.Name, tenant, id) }

// bodyKey is the key of a body, for Options.BodyWindow.
func (rc *Receiver) bodyKey(tenant string, body []byte) dedupe.Key {
	sum := sha256.Sum256(body)
	return scoped(rc.provider.Name+" body", tenant, hex.EncodeToString(sum[:]))
}

func scoped(scope, tenant, id string) dedupe.Key {
	if tenant != "" {
		scope += "/" + tenant
	}
	return dedupe.Key{Scope: scope, ID: id}
}
