// Package soak_test kills receivers and their Redis while a provider delivers, and reads afterwards what was done.
//
//	go test ./dedupe/redisstore/soak -run TestSoak -v -events 2000 -seeds 10
package soak_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/internal/redistest"
	"github.com/hookmitt/hookmitt/testserver"
)

var (
	seeds      = flag.Int("seeds", 1, "courses to run")
	firstSeed  = flag.Uint64("seed", 1, "of the first course")
	eventCount = flag.Int("events", 300, "to send in a course")
)

const (
	receivers = 3
	senders   = 16 // deliveries under way at once
	perKill   = 60 // attempts, on average, between one kill and the next
)

// TestSoak sends events, a third of them more than once, to three receiver processes behind a balancer, and kills the
// receivers at moments that a seed decides, and Redis once. Provider and Redis agree about the time, so leases end
// between one attempt of an event and the next; receivers do not, and need not.
//
// No event may be lost. One may be done twice only if a kill fell between its effect and its commit.
func TestSoak(t *testing.T) {
	for i := range *seeds {
		seed := *firstSeed + uint64(i) //nolint:gosec // small
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { newCourse(t, seed).run() })
	}
}

// course is one run of the soak.
type course struct {
	t         *testing.T
	redis     *redistest.Server
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
	crashed bool  // Redis was
	failed  error // what could not be started again
	repairs sync.WaitGroup
}

func newCourse(t *testing.T, seed uint64) *course {
	t.Helper()
	c := &course{
		t: t, redis: redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always"),
		ledger: filepath.Join(t.TempDir(), "ledger"), chance: rand.New(rand.NewPCG(seed, 0)), //nolint:gosec // repeatable
	}
	for range receivers {
		c.receivers = append(c.receivers, startReceiver(t, c.redis.Addr, c.ledger))
	}
	var err error
	c.book, err = openLedger(c.ledger)
	require.NoError(t, err)
	c.provider, err = testserver.New(hookmitt.Civo(), &testserver.Options{
		Clock: testserver.Manual(), Seed: seed, Transport: c, Observe: c.observe, Keep: 1 << 20,
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, c.provider.Close())
		c.network.CloseIdleConnections()
	})
	c.endpoint, err = c.provider.Subscribe(testserver.Subscription{URL: "http://127.0.0.1/webhooks", Secret: secret})
	require.NoError(t, err)
	c.killAt = perKill / 2
	return c
}

// RoundTrip is the balancer: every request goes to the next receiver, and to the one after it if that one is not there.
// A request that is under way when its receiver is killed fails.
func (c *course) RoundTrip(r *http.Request) (*http.Response, error) {
	for tries := 1; ; tries++ {
		again := r.Clone(r.Context())
		again.URL.Host = c.receivers[c.next.Add(1)%receivers].addr
		if r.GetBody != nil {
			again.Body, _ = r.GetBody() // never fails
		}
		response, err := c.network.RoundTrip(again)
		var absent *net.OpError
		if err == nil || tries == receivers || !errors.As(err, &absent) || absent.Op != "dial" {
			return response, err
		}
	}
}

func (c *course) run() {
	t := c.t
	ids := make([]string, *eventCount)
	deliveries := make([]*testserver.Delivery, len(ids))
	work := make(chan int)
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for i := range work {
				deliveries[i] = c.send(ids[i])
			}
		})
	}
	for i := range ids {
		ids[i] = fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		work <- i
	}
	close(work)
	all.Wait()
	c.drain()
	c.repairs.Wait()
	require.NoError(t, c.failed)

	for i, d := range deliveries {
		require.NoError(t, d.Err(), "event %d was given up: %s", i, d.Timeline())
	}
	v := judge(readLedger(t, c.ledger), ids)
	require.Empty(t, v.Lost, "events that were never done")
	require.Empty(t, v.Wrong)
	require.True(t, c.crashed, "Redis was not killed: too few attempts")

	var again []*testserver.Delivery // by now everybody knows them
	for _, id := range ids {
		again = append(again, c.send(id))
	}
	c.drain()
	c.repairs.Wait()
	for i, d := range again {
		require.NoError(t, d.Err())
		for _, a := range d.Timeline() {
			require.NotEqual(t, "accepted", a.Outcome(), "event %d, sent again: %s", i, d.Timeline())
		}
	}
	require.Equal(t, v, judge(readLedger(t, c.ledger), ids), "and nothing is done for it")
	t.Logf("%d events in %d attempts; %d receivers killed, Redis killed once; %d effects: none lost, %d events done again, "+
		"each because its process died between effect and commit", len(ids), c.attempts.Load(), c.killed, v.Effects, v.Doubled)
}

func event(id string) events.Event {
	e := events.Named("instance.created", events.Resource{ResourceID: id})
	e.ID = id
	return e
}

// send sends an event and waits until its first attempt has ended. One in six is sent again after its answer, and one in
// six three times at once.
func (c *course) send(id string) *testserver.Delivery {
	d := c.endpoint.Send(c.t.Context(), event(id), testserver.Chance(1.0/6, testserver.Twice()), testserver.Chance(1.0/6, testserver.Together(3)))
	_, _ = d.Wait(c.t.Context()) // until it is settled, or still
	return d
}

// drain makes all retries. Redis's clock follows the provider's.
func (c *course) drain() {
	now := c.provider.Now()
	for {
		_, more := c.provider.Next()
		if !more {
			return
		}
		next, _ := c.provider.Next()
		c.redis.Pass(max(next.Sub(now), 0))
		later, err := c.provider.AdvanceNext(c.t.Context())
		require.NoError(c.t, err)
		now = later
	}
}

// observe counts attempts, and kills when it is time.
func (c *course) observe(testserver.Attempt) {
	n := c.attempts.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.crashed && n >= int64(*eventCount)/2 {
		c.crashed = true
		c.repairs.Go(func() {
			c.redis.Kill()
			err := c.redis.Start()
			c.mu.Lock()
			defer c.mu.Unlock()
			c.failed = errors.Join(c.failed, err)
		})
	}
	if n < c.killAt {
		return
	}
	c.killAt = n + 1 + c.chance.Int64N(2*perKill)
	victim := c.receivers[c.chance.IntN(receivers)]
	c.repairs.Go(func() {
		err := victim.restart(func(process int) { c.book.write(entry{deed: killed, id: "-", process: process}) })
		c.mu.Lock()
		defer c.mu.Unlock()
		c.killed++
		c.failed = errors.Join(c.failed, err)
	})
}
