package sqlstore_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/dedupe/sqlstore"
)

// processOf is the environment's variable by which the test binary is a process that runs the event: when to hang, the
// dialect and the database.
const processOf = "HOOKMITT_PROCESS_OF"

// process runs the event, with its effect, and hangs where it is told to, having said so. It ends when its standard
// input does, so that it does not outlive its test.
func process(of string) {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	part := strings.SplitN(of, " ", 3)
	n, err := strconv.Atoi(part[1])
	orExit(err)
	dialect := sqlstore.Dialect(n)
	db, err := sql.Open(driverOf(dialect), part[2])
	orExit(err)
	store, err := sqlstore.NewAhead(db, dialect, nil)
	orExit(err)
	hangs := func(where string) {
		if where == part[0] {
			fmt.Println("hangs")
			select {}
		}
	}
	g := &dedupe.Guard{Store: store, Hold: hold}
	r := g.Do(context.Background(), event, func(ctx context.Context) (int, error) {
		hangs("before")
		err := store.Tx(ctx, func(tx *sql.Tx) error {
			err := effect(ctx, "process")(tx)
			hangs("inside")
			return err
		})
		orExit(err)
		hangs("after")
		return 200, nil
	}, nil)
	fmt.Println("not hung", r.Err, r.StoreErr)
	os.Exit(1)
}

func orExit(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// killed is a process that runs the event, and that is killed when it hangs there.
func (d *database) killed(where string) {
	d.t.Helper()
	self, err := os.Executable()
	require.NoError(d.t, err)
	p := exec.CommandContext(d.t.Context(), self)
	p.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %s", processOf, where, d.dialect, d.dsn))
	_, err = p.StdinPipe()
	require.NoError(d.t, err)
	out, err := p.StdoutPipe()
	require.NoError(d.t, err)
	require.NoError(d.t, p.Start())
	lines := bufio.NewScanner(out)
	require.True(d.t, lines.Scan())
	require.Equal(d.t, "hangs", lines.Text())
	require.NoError(d.t, p.Process.Kill())
	require.Error(d.t, p.Wait())
}

func TestScenarioProcessDies(t *testing.T) {
	tests := map[string]func(t *testing.T, d *database){}
	for where, runs := range map[string]int{"before": 1, "inside": 1, "after": 0} {
		tests["scenario 09 the process is killed "+where+" the transaction of effect and mark"] = func(t *testing.T, d *database) {
			store := patient(d.effects())
			d.killed(where)
			d.requireEffects(1 - runs)
			if runs == 0 {
				d.requireDone(store)
				d.pass(10 * lease)
				d.requireDone(store)
				return
			}
			token := d.number("SELECT token FROM hookmitt_claims")
			require.Equal(t, dedupe.Pending, claim(t, store, event, "another").State)
			d.pass(lease)
			d.again(store, 2)
			require.Greater(t, d.number("SELECT token FROM hookmitt_claims"), token)
			d.requireEffects(1)
			d.requireDone(store)
		}
	}
	eachOnBoth(t, tests)
}
