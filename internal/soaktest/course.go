package soaktest

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
)

const (
	senders  = 16  // deliveries under way at once
	perKill  = 180 // attempts, on average, between one kill by chance and the next, where one receiver has all that is under way
	perCrash = 400 // events, for which the database is killed once
)

// Soak sends events, a third of them more than once, to receiver processes behind a balancer, and kills the receivers at
// moments that a seed decides, and the database once for 400 events, but twice at least. Provider and store agree about the
// time, so leases end between one attempt of an event and the next; receivers do not, and need not.
//
// It fails if the provider gives an event up, or if anything is done for events that are sent once more in the end. What
// became of them is for the caller to judge: whether one may be done twice is the store's promise.
func Soak(t testing.TB, s Stand, seed uint64, events int) Verdict {
	t.Helper()
	c := newCourse(t, s, seed)
	for i := range events {
		c.ids = append(c.ids, eventID(seed, i))
	}
	if s.Crash != nil {
		c.crashes = max(2, events/perCrash)
	}
	for i := range c.crashes {
		c.crashAt = append(c.crashAt, int64(events*i/c.crashes+c.chance.IntN(events/c.crashes+1)))
	}
	return c.run()
}

// course is one run of a soak.
type course struct {
	t         testing.TB
	stand     Stand
	seed      uint64
	ids       []string
	crashes   int // of the database, in all
	provider  *testserver.Server
	endpoint  *testserver.Endpoint
	receivers []*process
	network   http.Transport
	ledger    string // its path
	book      *ledger
	next      atomic.Uint64 // receiver to be sent to
	attempts  atomic.Int64

	mu      sync.Mutex
	chance  *rand.Rand
	killAt  int64 // attempts until the next kill
	killed  int
	crashAt []int64 // attempts until the database is killed
	failed  error   // what could not be started again
	repairs sync.WaitGroup
	store   sync.Mutex // one who does something to the database at a time
}

func newCourse(t testing.TB, s Stand, seed uint64) *course {
	t.Helper()
	c := &course{
		t: t, stand: s, seed: seed, ledger: filepath.Join(t.TempDir(), "ledger"),
		chance: rand.New(rand.NewPCG(seed, 0)), //nolint:gosec // repeatable
	}
	var err error
	c.book, err = openLedger(c.ledger)
	fatal(t, err)
	t.Cleanup(func() { _ = c.book.file.Close() })
	for range s.Receivers {
		p := &process{settings: settings{Listen: "127.0.0.1:0", Ledger: c.ledger, At: s.At}, asked: c.restart}
		t.Cleanup(p.end)
		fatal(t, p.start())
		c.receivers = append(c.receivers, p)
	}
	c.provider, err = testserver.New(hookmitt.Civo(), &testserver.Options{
		Clock: testserver.Manual(), Seed: seed, Transport: c, Observe: c.observe, Keep: 1 << 20,
	})
	fatal(t, err)
	t.Cleanup(func() {
		if err := c.provider.Close(); err != nil {
			t.Error(err)
		}
		c.network.CloseIdleConnections()
	})
	c.endpoint, err = c.provider.Subscribe(testserver.Subscription{URL: "http://127.0.0.1/webhooks", Secret: secret})
	fatal(t, err)
	c.killAt = int64(perKill / s.Receivers / 2)
	return c
}

func fatal(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// RoundTrip is the balancer: every request goes to the next receiver, and to the one after it if that one is not there.
// If none is it waits for one. A request that is under way when its receiver is killed fails.
func (c *course) RoundTrip(r *http.Request) (*http.Response, error) {
	receivers := len(c.receivers)
	for tries := 1; ; tries++ {
		p := c.receivers[c.next.Add(1)%uint64(receivers)] //nolint:gosec // a few
		if tries > receivers {
			p.await()
		}
		again := r.Clone(r.Context())
		again.URL.Host = p.settings.Listen
		if r.GetBody != nil {
			again.Body, _ = r.GetBody() // never fails
		}
		response, err := c.network.RoundTrip(again)
		var absent *net.OpError
		if err == nil || tries == 2*receivers || !errors.As(err, &absent) || absent.Op != "dial" {
			return response, err
		}
	}
}

func (c *course) run() Verdict {
	t := c.t
	t.Helper()
	deliveries := make([]*testserver.Delivery, len(c.ids))
	work := make(chan int)
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for i := range work {
				deliveries[i] = c.send(c.ids[i])
			}
		})
	}
	for i := range c.ids {
		work <- i
	}
	close(work)
	all.Wait()
	c.drain()
	v := c.judge()
	c.count(v)
	for i, d := range deliveries {
		if d.Err() != nil {
			t.Fatalf("seed %d: event %d was given up: %s", c.seed, i, d.Timeline())
		}
	}
	if len(c.crashAt) > 0 {
		t.Fatalf("seed %d: too few attempts to kill the database %d times", c.seed, c.crashes)
	}
	c.repeat(v)
	return v
}

// repeat sends all events once more, which by now everybody knows.
func (c *course) repeat(before Verdict) {
	t := c.t
	t.Helper()
	var again []*testserver.Delivery
	for _, id := range c.ids {
		again = append(again, c.send(id))
	}
	c.drain()
	for i, d := range again {
		accepted := func(a testserver.Attempt) bool { return a.Outcome() == "accepted" }
		if d.Err() != nil || slices.ContainsFunc(d.Timeline(), accepted) {
			t.Fatalf("seed %d: event %d was sent again, and was done again or given up: %v: %s", c.seed, i, d.Err(), d.Timeline())
		}
	}
	after := c.judge()
	after.Cut = before.Cut
	if !reflect.DeepEqual(after, before) {
		t.Fatalf("seed %d: after all events were sent again it is %+v, and it was %+v", c.seed, after, before)
	}
}

// judge waits until nothing is under way, and judges what was done until now.
func (c *course) judge() Verdict {
	c.t.Helper()
	c.repairs.Wait()
	for _, p := range c.receivers {
		p.await()
	}
	c.mu.Lock()
	failed := c.failed
	c.mu.Unlock()
	fatal(c.t, failed)
	entries, err := readLedger(c.ledger)
	fatal(c.t, err)
	var effects []Run
	if c.stand.Effects != nil {
		effects, err = c.stand.Effects()
		fatal(c.t, err)
	}
	return judge(entries, effects, c.ids)
}

// count says what was counted.
func (c *course) count(v Verdict) {
	c.t.Helper()
	crashed := c.crashes - len(c.crashAt)
	r := row{c.stand.Name, []int{int(c.seed), len(c.ids), int(c.attempts.Load()), c.killed, crashed}} //nolint:gosec // small
	for _, place := range places {
		r.numbers = append(r.numbers, v.Cut[place])
	}
	r.numbers = append(r.numbers, v.Effects, len(v.Lost), len(v.Doubled))
	c.t.Log(r)
	if *tablePath != "" {
		fatal(c.t, r.addTo(*tablePath))
	}
}

// send sends an event and waits until its first attempt has ended. One in six is sent again after its answer, and one in
// six three times at once.
func (c *course) send(id string) *testserver.Delivery {
	e := events.Named("instance.created", events.Resource{ResourceID: id})
	e.ID = id
	ctx := context.Background()
	d := c.endpoint.Send(ctx, e, testserver.Chance(1.0/6, testserver.Twice()), testserver.Chance(1.0/6, testserver.Together(3)))
	_, _ = d.Wait(ctx) // until it is settled, or still
	return d
}

// drain makes all retries. The store's clock follows the provider's.
func (c *course) drain() {
	c.t.Helper()
	for now := c.provider.Now(); ; {
		next, more := c.provider.Next()
		if !more {
			return
		}
		c.store.Lock()
		err := c.stand.Pass(max(next.Sub(now), 0))
		c.store.Unlock()
		fatal(c.t, err)
		now, err = c.provider.AdvanceNext(context.Background())
		fatal(c.t, err)
	}
}

// observe counts attempts, and kills when it is time.
func (c *course) observe(testserver.Attempt) {
	n := c.attempts.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.crashAt) > 0 && n >= c.crashAt[0] {
		c.crashAt = c.crashAt[1:]
		c.repairs.Go(func() {
			c.store.Lock()
			defer c.store.Unlock()
			c.fail(c.stand.Crash())
		})
	}
	if n < c.killAt {
		return
	}
	c.killAt = n + 1 + c.chance.Int64N(int64(2*perKill/len(c.receivers)))
	victim := c.receivers[c.chance.IntN(len(c.receivers))]
	c.repairs.Go(func() { c.restart(victim, 0) })
}

// restart kills a process and starts another, if it is still the one that is meant; 0 means whichever there is.
func (c *course) restart(p *process, meant int) {
	c.fail(p.restart(meant, func(process int) {
		c.book.writeKilled(process)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.killed++
	}))
}

func (c *course) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = errors.Join(c.failed, err)
}
