package soaktest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLedger(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger")
	book, err := openLedger(path)
	require.NoError(t, err)
	defer book.file.Close()
	first := Run{eventID(1<<32-1, 999_999_999_999), 99, 1<<64 - 1, 4_194_304}
	for _, place := range places {
		book.write(place, first)
	}
	book.writeKilled(7)
	got, err := readLedger(path)
	require.NoError(t, err)
	require.Equal(t, []entry{{Begun, first}, {Opened, first}, {Wrote, first}, {Committed, first}, {killed, Run{"-", 0, 0, 7}}}, got)

	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		require.Len(t, line, 128, "a part of a page, which no line leaves")
	}
	require.Panics(t, func() { book.write(Begun, Run{Event: strings.Repeat("e", 128)}) })
}

func TestLedgerThatWasCutShort(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger")
	require.NoError(t, os.WriteFile(path, []byte("begun e 1 2 3\nbegun f 1\n"), 0o600))
	_, err := readLedger(path)
	require.ErrorContains(t, err, `the ledger's line "begun f 1\n": `)
}
