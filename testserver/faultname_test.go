package testserver_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver"
)

const cdSignature = "X-CDHosting-Signature"

// TestParseFault sends an event with each fault to a receiver that verifies it.
func TestParseFault(t *testing.T) {
	t.Parallel()
	p := hookmitt.CDHosting()
	p.Retry, p.DisableAfter = hookmitt.Schedule{}, 0
	header := func(name string, values ...string) func(t *testing.T, timeline testserver.Timeline) {
		return func(t *testing.T, timeline testserver.Timeline) {
			require.Equal(t, values, timeline[0].Header[http.CanonicalHeaderKey(name)])
		}
	}
	nothing := func(*testing.T, testserver.Timeline) {}
	samples := map[string]struct {
		name     string
		timeline string
		shows    func(t *testing.T, timeline testserver.Timeline)
	}{
		"twice":      {"twice", "0s 200, 0s 200", nothing},
		"reorder":    {"reorder", "0s 200", nothing},
		"lost-reply": {"lost-reply", "0s lost", nothing},
		"hang-up":    {"hang-up", "0s error", nothing},
		"truncated":  {"truncated", "0s error", nothing},
		"tampered":   {"tampered", "0s 401", nothing},
		"reencoded":  {"reencoded", "0s 401", nothing},
		"wrong-key":  {"wrong-key", "0s 401", nothing},
		"unsigned":   {"unsigned", "0s 401", header(cdSignature)},
		"fresh-id": {"fresh-id", "0s 200", func(t *testing.T, timeline testserver.Timeline) {
			require.NotEqual(t, timeline[0].Event.ID, open(t, p, secret, timeline)[0].ID)
		}},
		"together=3": {"together=3", "0s 200, 0s 200, 0s 200", nothing},
		"oversize=70000": {"oversize=70000", "0s 200", func(t *testing.T, timeline testserver.Timeline) {
			require.Len(t, timeline[0].Body, 70_000)
		}},
		"trickle=3s": {"trickle=3s", "0s 200", func(t *testing.T, timeline testserver.Timeline) {
			require.Equal(t, 3*time.Second, timeline[0].Took)
		}},
		"stale=1h30m": {"stale=1h30m0s", "0s 200", func(t *testing.T, timeline testserver.Timeline) {
			require.Equal(t, time.Now().UTC().Add(-90*time.Minute), open(t, p, secret, timeline)[0].Time)
		}},
		"garbled=X-CDHosting-Signature": {"garbled=X-CDHosting-Signature", "0s 401", nothing},
		"folded=X-CDHosting-Signature":  {"folded=X-CDHosting-Signature", "0s 401", nothing},
		"method=PUT": {"method=PUT", "0s 200", func(t *testing.T, timeline testserver.Timeline) {
			require.Equal(t, "PUT", timeline[0].Method)
		}},
		"header=X-CDHosting-Signature: 00":      {"header=X-CDHosting-Signature: 00", "0s 401", header(cdSignature, "00")},
		"header=X-Note:a: b=c ":                 {"header=X-Note: a: b=c", "0s 200", header("X-Note", "a: b=c")},
		"header=X-Note:":                        {"header=X-Note: ", "0s 200", header("X-Note", "")},
		"no-header=X-CDHosting-Signature":       {"no-header=X-CDHosting-Signature", "0s 401", header(cdSignature)},
		"doubled=Content-Type: text/plain":      {"doubled=Content-Type: text/plain", "0s 200", header("Content-Type", "text/plain", "application/json")},
		"together=2":                            {"together=2", "0s 200, 0s 200", nothing},
		"together=100":                          {"together=100", strings.Repeat(", 0s 200", 100)[2:], nothing},
		"oversize=1":                            {"oversize=1", "0s 200", nothing},
		"stale=1ns":                             {"stale=1ns", "0s 200", nothing},
		"method=get":                            {"method=get", "0s 200", nothing},
		"doubled=X-CDHosting-Signature: 00":     {"doubled=X-CDHosting-Signature: 00", "0s 401", nothing},
		"header=x-cdhosting-signature:\t00\t\t": {"header=x-cdhosting-signature: 00", "0s 401", header(cdSignature, "00")},
	}
	for text, c := range samples {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				h, _ := capturing(p)
				f, err := testserver.ParseFault(text)
				require.NoError(t, err)
				require.Equal(t, c.name, f.String())
				again, err := testserver.ParseFault(f.String())
				require.NoError(t, err, "what is on a record can be asked for again")
				require.Equal(t, c.name, again.String())
				d := subscribe(t, p, h).Send(t.Context(), of(t, p), f)
				timeline, _ := d.Wait(t.Context())
				require.Equal(t, c.timeline, timeline.String())
				require.Equal(t, []string{c.name}, timeline[0].Faults)
				c.shows(t, timeline)
			})
		})
	}
	t.Run("the table has all of them", func(t *testing.T) {
		t.Parallel()
		var tried []string
		for text := range samples {
			name, _, _ := strings.Cut(text, "=")
			tried = append(tried, name)
		}
		slices.Sort(tried)
		names := testserver.FaultNames()
		require.True(t, slices.IsSorted(names))
		for i, name := range names {
			names[i], _, _ = strings.Cut(name, "=")
		}
		require.ElementsMatch(t, slices.Compact(tried), names)
	})
}

func TestFaultNames(t *testing.T) {
	t.Parallel()
	for _, text := range testserver.FaultNames() {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			name, argument, wants := strings.Cut(text, "=")
			_, err := testserver.ParseFault(name)
			if !wants {
				require.NoError(t, err, "it takes no argument")
				_, err = testserver.ParseFault(name + "=1")
				require.EqualError(t, err, "testserver: fault "+name+" takes no argument")
				_, err = testserver.ParseFault(name + "=")
				require.EqualError(t, err, "testserver: fault "+name+" takes no argument")
				return
			}
			require.NotEmpty(t, argument)
			require.EqualError(t, err, "testserver: fault "+name+" wants an argument: "+text)
			_, err = testserver.ParseFault(name + "=")
			require.EqualError(t, err, "testserver: fault "+name+" wants an argument: "+text)
			_, err = testserver.ParseFault(name + "=\x00")
			require.ErrorContains(t, err, `fault `+name+`: "\x00" is no `)
		})
	}
}

func TestParseFaultRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"no name":                           {"", `there is no fault ""; there are: doubled=NAME:OTHER VALUE, folded=HEADER, `},
		"an argument without a name":        {"=3", `there is no fault ""`},
		"an unknown name":                   {"lost_reply", `there is no fault "lost_reply"; there are: `},
		"words for a name":                  {"lost reply", `there is no fault "lost reply"`},
		"a name in capitals":                {"Twice", `there is no fault "Twice"`},
		"a space before the name":           {" twice", `there is no fault " twice"`},
		"two faults":                        {"twice,tampered", `there is no fault "twice,tampered"`},
		"a colon for an equals sign":        {"together:3", `there is no fault "together:3"`},
		"one copy":                          {"together=1", `fault together: "1" is no number from 2 to 100`},
		"too many copies":                   {"together=101", `fault together: "101" is no number from 2 to 100`},
		"a negative number of copies":       {"together=-3", `"-3" is no number`},
		"half a copy":                       {"together=2.5", `"2.5" is no number`},
		"a number with a space":             {"together= 3", `" 3" is no number`},
		"a number that is no int":           {"together=99999999999999999999", `is no number from 2 to 100`},
		"a word for a number":               {"oversize=big", `fault oversize: "big" is no number from 1 to 67108864`},
		"no bytes":                          {"oversize=0", `"0" is no number from 1`},
		"more than 64 MiB":                  {"oversize=67108865", `"67108865" is no number from 1 to 67108864`},
		"a duration without a unit":         {"trickle=2", `fault trickle: "2" is no duration such as 300ms, 5s or 1h30m`},
		"no duration at all":                {"trickle=0s", `"0s" is no duration`},
		"a duration that goes back":         {"stale=-1h", `fault stale: "-1h" is no duration`},
		"a header with a space":             {"garbled=X Signature", `fault garbled: "X Signature" is no name of a header`},
		"a header with a line break":        {"folded=X-A\r\nX-B", `fault folded: "X-A\r\nX-B" is no name of a header`},
		"a header with a value, to be gone": {"no-header=X-Signature: 00", `fault no-header: "X-Signature: 00" is no name of a header`},
		"a method with a space":             {"method=PUT IT", `fault method: "PUT IT" is no HTTP method`},
		"a method with a line break":        {"method=GET\r\n", `fault method: "GET\r\n" is no HTTP method`},
		"a header without a value":          {"header=X-Signature", `fault header: "X-Signature" is no header such as X-Signature: 00`},
		"a header without a name":           {"header=: 00", `fault header: ": 00" is no header`},
		"a space before the colon":          {"header=X-Signature : 00", `is no header such as`},
		"a line break in a value":           {"header=X-A: 1\r\nX-B: 2", `is no header such as`},
		"a carriage return in a value":      {"header=X-A: 1\rX-B: 2", `is no header such as`},
		"a NUL in a value":                  {"doubled=X-A: 1\x002", `fault doubled: "X-A: 1\x002" is no header such as`},
		"another without a colon":           {"doubled=X-Signature 00", `fault doubled: "X-Signature 00" is no header`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := testserver.ParseFault(c.text)
			require.ErrorContains(t, err, "testserver: ")
			require.ErrorContains(t, err, c.want)
			require.Empty(t, f.String())
		})
	}
}
