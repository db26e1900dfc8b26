package main_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

var (
	program    string // the path of it
	transcript string // what it prints, as the README has it
)

func TestMain(m *testing.M) {
	var code int
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err == nil {
		_, after, _ := strings.Cut(string(readme), "$ go run ./examples/transaction\n")
		transcript, _, _ = strings.Cut(after, "```")
		code, err = built(m.Run)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// built does something while the program is there.
func built(do func() int) (code int, err error) {
	dir, err := os.MkdirTemp("", "transaction-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "transaction.exe") // an ending that Windows needs, and nobody minds
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", program, ".").CombinedOutput()
	if err != nil {
		return 1, fmt.Errorf("go build: %w: %s", err, out)
	}
	return do(), nil
}

// run runs the program, for whom temp is the directory of temporary files.
func run(t *testing.T, temp string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+temp, "TMP="+temp)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	var ended *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &ended) {
		require.NoError(t, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), complaints.String()
}

// opened is a database that the program left.
func opened(t *testing.T, dir, name string) *sql.DB {
	t.Helper()
	path := filepath.Join(dir, name)
	require.FileExists(t, path)
	db, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// number is what the database answers to a question.
func number(t *testing.T, db *sql.DB, question string) (n int) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), question).Scan(&n), question)
	return n
}

func TestTheInvoiceIsPaidOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	code, out, complaints := run(t, t.TempDir(), "-dir", dir)
	require.Equal(t, transcript, out, complaints)
	require.Empty(t, complaints)
	require.Zero(t, code)

	for name, want := range map[string]struct{ times, runs int }{
		"marked.db":   {times: 1, runs: 2}, // the third attempt was none
		"unmarked.db": {times: 2, runs: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := opened(t, dir, name)
			require.Equal(t, want.times*1999, number(t, db, "SELECT paid FROM invoices"))
			require.Equal(t, want.times*1999, number(t, db, "SELECT sum(amount) FROM ledger WHERE invoice = 'inv_abc123'"))
			require.Equal(t, want.times, number(t, db, "SELECT count(*) FROM ledger"))
			require.Equal(t, want.runs, number(t, db, "SELECT run FROM hookmitt_claims WHERE event = 'cdhosting/evt_1' AND state = 'done'"))
			require.Equal(t, 1, number(t, db, "SELECT count(*) FROM hookmitt_claims"))
		})
	}
}

func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	code, out, complaints := run(t, temp)
	require.Equal(t, transcript, out, complaints)
	require.Zero(t, code)
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestItSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "marked.db"))
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "CREATE TABLE invoices (id)")
	require.NoError(t, errors.Join(err, db.Close()))
	for name, c := range map[string]struct{ dir, want string }{
		"the directory is not there":                 {filepath.Join(dir, "missing"), "unable to open database file"},
		"the directory has the invoice of last time": {dir, "table invoices already exists"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, complaints := run(t, t.TempDir(), "-dir", c.dir)
			require.Equal(t, 1, code)
			require.Empty(t, out)
			require.Contains(t, complaints, c.want)
		})
	}
}
