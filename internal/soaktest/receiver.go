package soaktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

var secret = verify.NewSecret("soak-secret")

// Receiver is what one store's receivers have of their own.
type Receiver struct {
	Store dedupe.Store
	Do    func(context.Context, *Job) error // has the effect, and says so by [Job.At]
}

// variable is the environment's by which a test binary is a receiver.
const variable = "HOOKMITT_SOAK_RECEIVER"

// settings are a receiver's, in the variable.
type settings struct{ Listen, Ledger, At string }

// asks is the line by which a receiver asks to be killed.
const asks = "kill me"

// Serve is a receiver where the process was started to be one, with what open makes of its [Stand.At], until it is
// killed or whoever started it is gone. Elsewhere it does nothing.
func Serve(open func(at string) (Receiver, error)) {
	text, ok := os.LookupEnv(variable)
	if !ok {
		return
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	var s settings
	err := json.Unmarshal([]byte(text), &s)
	if err == nil {
		err = serve(s, open)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

var errUnlucky = errors.New("the handler fails this once")

// serve is a receiver whose handler fails on the first run of one event in sixteen.
func serve(s settings, open func(at string) (Receiver, error)) error {
	book, err := openLedger(s.Ledger)
	if err != nil {
		return err
	}
	r, err := open(s.At)
	if err != nil {
		return err
	}
	receiver, err := middleware.New(hookmitt.Civo(), verify.NewKeyring(secret), &middleware.Options{
		Store: r.Store,
		Observe: func(_ context.Context, r middleware.Record) {
			if r.Run > 0 {
				book.write(ended, Run{Event: r.EventID, Number: r.Run, Process: os.Getpid()})
			}
		},
	})
	if err != nil {
		return err
	}
	handler := receiver.Handle(events.HandlerFunc(func(ctx context.Context, e events.Event) error {
		j := newJob(ctx, e, book, s.Ledger)
		if j.Number == 1 && j.luck%16 == 0 && j.seekAt == "" {
			return errUnlucky
		}
		j.At(Begun)
		return r.Do(ctx, j)
	}))
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", s.Listen)
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return (&http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}).Serve(listener)
}

// Job is a run as its handler sees it.
type Job struct {
	Run
	luck   uint32
	seekAt Deed // where it wants to be killed; "" for nowhere
	book   *ledger
	path   string // of the book
}

func newJob(ctx context.Context, e events.Event, book *ledger, path string) *Job {
	c, _ := dedupe.ClaimFrom(ctx)
	luck := fnv.New32a()
	_, _ = luck.Write([]byte(e.ID))
	place, ok := sought(e.ID)
	if !ok {
		place = ""
	}
	return &Job{
		Run:  Run{Event: e.ID, Number: c.Run, Token: c.Token, Process: os.Getpid()},
		luck: luck.Sum32(), seekAt: place, book: book, path: path,
	}
}

// At says how far the run is, and works there for up to 4 ms, so that kills fall there. One event in 64 waits there, or
// in another place, until its process is killed: once.
func (j *Job) At(place Deed) {
	j.book.write(place, j.Run)
	if place == j.seekAt && !j.wasKilled() {
		j.book.write(asked, j.Run)
		fmt.Println(asks)
		select {}
	}
	time.Sleep(time.Duration(j.luck>>(4*slices.Index(places, place))%16) * 250 * time.Microsecond)
}

// wasKilled says that an earlier run of the event has had its kill.
func (j *Job) wasKilled() bool {
	entries, err := readLedger(j.path)
	if err != nil {
		panic(err)
	}
	return slices.ContainsFunc(entries, func(e entry) bool { return e.deed == asked && e.run.Event == j.Event })
}

const idForm = "%08x-0000-4000-8000-%012d"

// eventID is that of a course's event.
func eventID(seed uint64, i int) string { return fmt.Sprintf(idForm, uint32(seed), i) } //nolint:gosec // tells seeds apart

// sought is where a run of the event is killed for certain.
func sought(id string) (place Deed, ok bool) {
	var seed uint32
	var i int
	if _, err := fmt.Sscanf(id, idForm, &seed, &i); err != nil {
		return "", false
	}
	n := i + int(seed)
	return places[n/64%len(places)], n%64 == 0
}
