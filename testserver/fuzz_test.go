package testserver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/testserver"
)

// What can be read is written so that it can be read again, as the same fault.
func FuzzParseFault(f *testing.F) {
	for _, text := range []string{
		"lost-reply", "together=3", "trickle=2s", "header=X-Note: a, b", "no-header=X-Note", "doubled=X-Note: a:b", "method=PATCH",
		"header=x:\t\u00e9 ", "oversize=1", "stale=1h30m", "twice=", "=", "header=:", "together=1e2",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := testserver.ParseFault(text)
		if err != nil {
			return
		}
		again, err := testserver.ParseFault(fault.String())
		require.NoError(t, err, "%q was read as %q", text, fault)
		require.Equal(t, fault.String(), again.String())
	})
}
