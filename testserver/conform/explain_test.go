package conform_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/testserver/conform"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	check := conform.Check{ID: "SIG-01", Sent: "no signature", Want: "401, and no effect", Why: "anybody can send a request"}
	for verdict, want := range map[conform.Verdict]string{
		conform.OK: `OK            SIG-01   no signature`,
		conform.NonStrict: `NON-STRICT    SIG-01   no signature
    answered 403 Forbidden
    wanted  401, and no effect
    why     anybody can send a request`,
		conform.Failed: `FAILED        SIG-01   no signature
    answered 403 Forbidden
    wanted  401, and no effect
    why     anybody can send a request
    sent    POST / HTTP/1.1
            Host: receiver.test
    came    403 Forbidden`,
		conform.Informational: `INFORMATIONAL SIG-01   no signature
    answered 403 Forbidden`,
		conform.Skipped: `SKIPPED       SIG-01   no signature
    answered 403 Forbidden`,
	} {
		r := conform.Result{Check: check, Verdict: verdict, Found: "answered 403 Forbidden", Sent: "POST / HTTP/1.1\nHost: receiver.test\n\n", Came: "403 Forbidden\n\n"}
		require.Equal(t, want, conform.Explain(r))
	}
	require.Equal(t, "Verdict(9)", conform.Verdict(9).String())
	require.Equal(t, "Level(9)", conform.Level(9).String())
}
