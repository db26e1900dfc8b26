package hookmitt_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/testserver"
	"github.com/hookmitt/hookmitt/verify"
)

// million is one course of deliveries.
type million struct {
	seed     uint64
	newStore func() dedupe.Store
	events   []plan
	passed   time.Duration
	life     atomic.Pointer[life] // the one that requests go to

	mu                     sync.Mutex
	effects                [][]*life // of each event, by which lives
	attempts               int
	faults, ills, outcomes map[string]int
}

// plan is what goes wrong with one event. It follows from seed and number alone, whatever the order of things.
type plan struct {
	provider int
	faults   []testserver.Fault
	ill      string      // of its handler, at its first run; "" if it works
	ran      atomic.Bool // for the first time
}

var millionProviders = []hookmitt.Provider{hookmitt.Civo(), hookmitt.Mixpost(), hookmitt.CDHosting()}

// faultsOf are faults that a provider's later attempt can make good. A captured request under a fresh id is not one of
// them: Provider.Identity says whether a receiver can tell.
func faultsOf() []testserver.Fault {
	return []testserver.Fault{
		testserver.Twice(), testserver.Together(3), testserver.Reorder(), testserver.LostReply(), testserver.HangUp(),
		testserver.Truncated(), testserver.Trickle(time.Minute), testserver.Tampered(), testserver.Reencoded(),
		testserver.WrongKey(), testserver.Unsigned(), testserver.Oversize(2 * millionBody), testserver.WithMethod(http.MethodPut),
	}
}

func newMillion(seed uint64, n int, newStore func() dedupe.Store) *million {
	m := &million{
		seed: seed, newStore: newStore, events: make([]plan, n), effects: make([][]*life, n),
		faults: map[string]int{}, ills: map[string]int{}, outcomes: map[string]int{},
	}
	for i := range m.events {
		m.events[i].draw(rand.New(rand.NewPCG(seed, uint64(i)))) //nolint:gosec // repeatable
	}
	return m
}

var ills = []string{"fails", "panics", "is slow", "asks for a retry"}

// draw leaves two attempts as they are, of which one may meet a process that is killed: then only the receiver can lose
// the event.
func (e *plan) draw(chance *rand.Rand) {
	e.provider = chance.IntN(len(millionProviders))
	kinds, retries := faultsOf(), millionProviders[e.provider].Retry.Retries()
	for attempt := 1; attempt < retries; attempt++ {
		if chance.IntN(3) == 0 {
			e.faults = append(e.faults, testserver.OnAttempt(attempt, kinds[chance.IntN(len(kinds))]))
		}
	}
	if len(e.faults) < retries-1 && chance.IntN(8) == 0 {
		e.ill = ills[chance.IntN(len(ills))]
	}
}

// numbered is the event of that number, which numberOf finds in it again.
func numbered(i, provider int) events.Event {
	number := fmt.Sprintf("%08d", i)
	switch millionProviders[provider].Name {
	case "civo":
		return events.Named("instance.created", events.Resource{ResourceID: number + "-0000-4000-8000-000000000000"})
	case "mixpost":
		return events.New(events.AccountDeleted{UUID: number})
	default:
		return events.New(events.ServerStarted{ServerID: number, Name: "web", Status: "running", IP: "192.0.2.1"})
	}
}

func (m *million) router(l *life) *events.Router {
	router := events.NewRouter()
	events.Match(router, "instance.*", func(ctx context.Context, _ events.Event, r events.Resource) error {
		return m.handle(ctx, l, r.ResourceID[:8])
	})
	events.On(router, func(ctx context.Context, _ events.Event, a events.AccountDeleted) error {
		return m.handle(ctx, l, a.UUID)
	})
	events.On(router, func(ctx context.Context, _ events.Event, s events.ServerStarted) error {
		return m.handle(ctx, l, s.ServerID)
	})
	return router
}

var errIll = errors.New("the handler fails this once")

// handle does an event's work, whose effect is an entry in the list.
func (m *million) handle(ctx context.Context, l *life, number string) error {
	var i int
	if _, err := fmt.Sscanf(number, "%d", &i); err != nil {
		return err
	}
	e := &m.events[i]
	if e.ill != "" && e.ran.CompareAndSwap(false, true) {
		m.count(m.ills, e.ill)
		switch e.ill {
		case "fails":
			return errIll
		case "panics":
			panic(errIll)
		case "asks for a retry":
			return events.Retry(time.Minute, errIll)
		case "is slow":
			time.Sleep(millionProviders[e.provider].Deadline - time.Second) // over the budget, and done before the next attempt
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.over {
		return errors.New("the process was killed")
	}
	m.effects[i] = append(m.effects[i], l)
	return ctx.Err()
}

func (m *million) count(kind map[string]int, what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kind[what]++
}

// life is a process from its start until it is killed, with what its store remembered.
type life struct {
	receivers []*middleware.Receiver // one a provider
	handlers  []http.Handler
	over      bool // no more effects
}

var millionSecret = verify.NewSecret("the secret of all three")

// restart starts a process, and kills the one before it.
func (m *million) restart(t *testing.T) *life {
	t.Helper()
	l, store := &life{}, m.newStore()
	for _, p := range millionProviders {
		receiver, err := middleware.New(p, verify.NewKeyring(millionSecret), &middleware.Options{
			Store: store, MaxBody: millionBody,
			Observe: func(_ context.Context, r middleware.Record) { m.count(m.outcomes, r.Outcome.String()) },
		})
		require.NoError(t, err)
		l.receivers, l.handlers = append(l.receivers, receiver), append(l.handlers, receiver.Handle(m.router(l)))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if before := m.life.Swap(l); before != nil {
		before.over = true
	}
	return l
}

const (
	millionSenders = 64
	millionLives   = 5
	millionBody    = 8 << 10 // bytes that a receiver takes
)

// run delivers all events, in a bubble.
func (m *million) run(t *testing.T) {
	t.Helper()
	began := time.Now()
	lives := []*life{m.restart(t)}
	endpoints := make([]*testserver.Endpoint, len(millionProviders))
	for i, p := range millionProviders {
		provider, err := testserver.New(p, &testserver.Options{Keep: 1000, Observe: m.observe, Transport: testserver.InProcess(
			http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { m.life.Load().handlers[i].ServeHTTP(w, r) }),
		)})
		require.NoError(t, err)
		defer provider.Close()
		endpoints[i], err = provider.Subscribe(testserver.Subscription{URL: "http://receiver.test/", Secret: millionSecret})
		require.NoError(t, err)
	}
	numbers := make(chan int)
	var senders sync.WaitGroup
	for range millionSenders {
		senders.Go(func() {
			for i := range numbers {
				e := &m.events[i]
				timeline, err := endpoints[e.provider].Send(t.Context(), numbered(i, e.provider), e.faults...).Wait(t.Context())
				if err != nil {
					t.Errorf("seed %d: event %d, with %v and a handler that %q: %v: %v", m.seed, i, e.faults, e.ill, timeline, err)
				}
			}
		})
	}
	for i := range m.events {
		if i > 0 && i%(len(m.events)/millionLives) == 0 {
			lives = append(lives, m.restart(t))
		}
		numbers <- i
	}
	close(numbers)
	senders.Wait()
	m.passed = time.Since(began)
	for _, l := range lives {
		for _, receiver := range l.receivers {
			require.NoError(t, receiver.Shutdown(t.Context()))
		}
	}
}

func (m *million) observe(a testserver.Attempt) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.attempts++
	for _, fault := range a.Faults {
		m.faults[fault]++
	}
}

// ruling is what the list of effects says.
type ruling struct {
	effects, again int
	lost, twice    []int // events
}

func (m *million) judge() ruling {
	m.mu.Lock()
	defer m.mu.Unlock()
	var r ruling
	for i, by := range m.effects {
		r.effects += len(by)
		switch {
		case len(by) == 0:
			r.lost = append(r.lost, i)
		case len(by) > 1:
			r.again++
			slices.SortFunc(by, func(a, b *life) int { return strings.Compare(fmt.Sprintf("%p", a), fmt.Sprintf("%p", b)) })
			if len(slices.Compact(slices.Clone(by))) < len(by) {
				r.twice = append(r.twice, i)
			}
		}
	}
	return r
}

// tally is what was counted, the most frequent first.
func tally(counts map[string]int) string {
	var all []string
	for what, n := range counts {
		all = append(all, fmt.Sprintf("%7d %s", n, what))
	}
	slices.Sort(all)
	slices.Reverse(all)
	return strings.Join(strings.Fields(strings.Join(all, ",")), " ")
}
