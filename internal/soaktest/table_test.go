package soaktest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "table")
	for _, r := range []row{
		{"one", []int{2, 300, 500, 10, 2, 1, 2, 3, 4, 300, 0, 0}},
		{"other", []int{1, 300, 600, 11, 0, 5, 6, 7, 8, 301, 1, 2}},
		{"one", []int{1, 300, 700, 12, 2, 10, 20, 30, 40, 300, 0, 1}},
	} {
		require.NoError(t, r.addTo(path))
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, strings.Join([]string{
		"| store | seed | events | attempts | receivers killed | database killed | cut before | cut in Tx | cut before commit | cut after commit | effects | lost | doubled |",
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
		"| one | 1 | 300 | 700 | 12 | 2 | 10 | 20 | 30 | 40 | 300 | 0 | 1 |",
		"| one | 2 | 300 | 500 | 10 | 2 | 1 | 2 | 3 | 4 | 300 | 0 | 0 |",
		"| other | 1 | 300 | 600 | 11 | 0 | 5 | 6 | 7 | 8 | 301 | 1 | 2 |",
		"| one, all | 2 seeds | 600 | 1200 | 22 | 4 | 11 | 22 | 33 | 44 | 600 | 0 | 1 |",
		"",
	}, "\n"), string(text))
}

func TestTableOfAnother(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a text":            "a text\n",
		"a row too short":   "| one | 1 | 2 |\n",
		"a word, no number": line(columns) + "\n" + strings.Repeat("| --- ", len(columns)) + "|\n| one" + strings.Repeat(" | some", len(columns)-1) + " |\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "table")
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			require.ErrorContains(t, row{"one", make([]int, len(columns)-1)}.addTo(path), "is no row of a soak's table")
			now, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, text, string(now), "it is left as it is")
		})
	}
}
