package simulator_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"

	"github.com/hookmitt/hookmitt/internal/needtest"
)

const ladderOutput = `subscribed: a secret of 32 letters was made up
sent: the first attempt of dlv_1 failed
advanced: attempt 2 failed
advanced: attempt 3 failed
advanced: attempt 4 failed
advanced: attempt 5 failed
advanced: attempt 6 failed
disabled: after 6 failures
updated: enabled, with the secret of before
timeline: 0s 500, 5m0s 500, 35m0s 500, 1h35m0s 500, 3h35m0s 500, 9h35m0s 500
drawn: Deliveries by civo
`

// ladder runs the script against a simulator that calls a receiver, both over the network.
func ladder(t *testing.T, receiver http.Handler) (printed, failed string, err error) {
	t.Helper()
	needtest.Programs(t, "sh", "curl")
	at := httptest.NewServer(receiver)
	t.Cleanup(at.Close)
	simulated := httptest.NewServer(overNetwork(t, hookmitt.Civo()).handler)
	t.Cleanup(simulated.Close)
	script := exec.CommandContext(t.Context(), "sh", "testdata/ladder.sh", simulated.URL, at.URL+"/webhooks")
	var out, complaint bytes.Buffer
	script.Stdout, script.Stderr = &out, &complaint
	err = script.Run()
	return out.String(), complaint.String(), err
}

func TestAShellWalksTheLadder(t *testing.T) {
	t.Parallel()
	rc := answering(http.StatusInternalServerError)
	printed, failed, err := ladder(t, rc)
	require.NoError(t, err, failed)
	require.Equal(t, ladderOutput, printed)
	require.Empty(t, failed)
	require.Len(t, rc.got(), 6)
}

func TestTheShellNoticesAnotherLadder(t *testing.T) {
	t.Parallel()
	printed, failed, err := ladder(t, answering(http.StatusInternalServerError, http.StatusInternalServerError, http.StatusOK))
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 1, exit.ExitCode())
	require.Contains(t, failed, "FAILED: no ")
	require.Contains(t, printed, "advanced: attempt 2 failed\n")
	require.NotContains(t, printed, "attempt 3")
}
