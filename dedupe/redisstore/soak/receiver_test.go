package soak_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/redisstore"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

var secret = verify.NewSecret("soak-secret")

// The test binary is the receiver's program too.
var (
	receive    = flag.String("receive", "", "be a receiver at this address")
	redisAddr  = flag.String("redis", "", "of a receiver: its Redis")
	ledgerPath = flag.String("ledger", "", "of a receiver: where it writes what it did")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *receive == "" {
		os.Exit(m.Run())
	}
	slog.SetDefault(slog.New(slog.DiscardHandler))
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var errUnlucky = errors.New("the handler fails this once")

// serve is a receiver, until it is killed. Its handler has one effect, a line in the ledger, works a little before and a
// little after it, and fails on the first run of one event in sixteen.
func serve() error {
	book, err := openLedger(*ledgerPath)
	if err != nil {
		return err
	}
	store, err := redisstore.New(redis.NewClient(&redis.Options{Addr: *redisAddr}), nil)
	if err != nil {
		return err
	}
	receiver, err := middleware.New(hookmitt.Civo(), verify.NewKeyring(secret), &middleware.Options{
		Store: store,
		Observe: func(_ context.Context, r middleware.Record) {
			if r.Run > 0 {
				book.write(entry{deed: ended, id: r.EventID, run: r.Run, process: os.Getpid()})
			}
		},
	})
	if err != nil {
		return err
	}
	handler := receiver.Handle(events.HandlerFunc(func(ctx context.Context, e events.Event) error {
		c, _ := dedupe.ClaimFrom(ctx)
		luck := fnv.New32a()
		_, _ = luck.Write([]byte(e.ID))
		draw := luck.Sum32()
		if c.Run == 1 && draw%16 == 0 {
			return errUnlucky
		}
		work(draw >> 4)
		book.write(entry{deed: effect, id: e.ID, run: c.Run, token: c.Token, process: os.Getpid()})
		work(draw >> 8)
		return nil
	}))
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", *receive)
	if err != nil {
		return err
	}
	fmt.Println("receiving at", listener.Addr())
	return (&http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}).Serve(listener)
}

// work takes up to 4 ms, so that kills fall before the effect, after it, and between it and the commit.
func work(draw uint32) { time.Sleep(time.Duration(draw%16) * 250 * time.Microsecond) }

// process is a receiver as the test sees it.
type process struct {
	args []string
	addr string

	mu  sync.Mutex // one restart at a time
	cmd *exec.Cmd
}

func startReceiver(t *testing.T, redisAddr, ledger string) *process {
	t.Helper()
	p := &process{addr: "127.0.0.1:0", args: []string{"-redis", redisAddr, "-ledger", ledger}}
	require.NoError(t, p.start())
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.kill()
	})
	return p
}

// start starts the program, at the address it had, and returns when it listens.
func (p *process) start() error {
	p.cmd = exec.CommandContext(context.Background(), os.Args[0], append(p.args, "-receive", p.addr)...) //nolint:gosec // ourselves
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		return fmt.Errorf("the receiver ended at once: %w", p.cmd.Wait())
	}
	if addr := strings.TrimPrefix(lines.Text(), "receiving at "); addr != p.addr { // the first time
		p.addr = addr
	}
	return nil
}

// restart ends the program by SIGKILL, tells of it, and starts it again.
func (p *process) restart(tell func(process int)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kill()
	tell(p.cmd.Process.Pid)
	return p.start()
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // fails if it could not be started
	_ = p.cmd.Wait()
}
