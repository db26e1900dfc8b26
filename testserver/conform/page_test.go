package conform_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/testserver/conform"
)

var update = flag.Bool("update", false, "write docs/checks.md")

func TestPage(t *testing.T) {
	t.Parallel()
	const page = "../../docs/checks.md"
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(conform.Markdown()), 0o600))
	}
	have, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, conform.Markdown(), string(have), "the page is stale: go test ./testserver/conform -run TestPage -update")
}
