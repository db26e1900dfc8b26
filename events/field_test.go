package events_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

func TestFieldSaysWhereItIs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		field   events.Field
		header  string // "" means it is none
		derived bool
		text    string
	}{
		"a header":       {field: events.InHeader("X-Id"), header: "X-Id", text: "header X-Id"},
		"a UUID":         {field: events.InHeader("X-Id").UUID(), header: "X-Id", text: "header X-Id"},
		"a member":       {field: events.InBody("id"), text: "member id"},
		"the whole body": {field: events.WholeBody(), text: "the body"},
		"its digest":     {field: events.BodyDigest(), derived: true, text: "the body's digest"},
		"nothing":        {text: "nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header, ok := test.field.Header()
			require.Equal(t, test.header != "", ok)
			if ok {
				require.Equal(t, test.header, header)
			}
			require.Equal(t, test.derived, test.field.Derived())
			require.Equal(t, test.text, test.field.String())
		})
	}
}

func TestUUIDDoesNotChangeTheFieldItIsMadeOf(t *testing.T) {
	t.Parallel()
	plain := events.InBody("id")
	_ = plain.UUID()
	text, err := plain.Canonical("evt_1")
	require.NoError(t, err)
	require.Equal(t, "evt_1", text)
}

func TestCanonicalUUIDs(t *testing.T) {
	t.Parallel()
	field := events.InHeader("X-Civo-Event").UUID()
	const id = "0b8a7c6d-1e2f-4a3b-8c4d-5e6f7a8b9c0d"
	for name, test := range map[string]struct{ text, want string }{ // want "" means refused
		"the usual form":            {id, id},
		"capitals":                  {strings.ToUpper(id), id},
		"both cases":                {"0B8a7C6d-1e2F-4a3b-8c4D-5e6f7A8b9c0D", id},
		"of no version":             {"00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"},
		"without dashes":            {strings.ReplaceAll(id, "-", ""), ""},
		"without dashes, 36 digits": {strings.Repeat("a", 36), ""},
		"in braces":                 {"{" + id + "}", ""},
		"as a URN":                  {"urn:uuid:" + id, ""},
		"a digit short":             {id[:35], ""},
		"a digit long":              {id + "0", ""},
		"a dash elsewhere":          {"0b8a7c6-d1e2f-4a3b-8c4d-5e6f7a8b9c0d", ""},
		"a dash for a digit":        {"-b8a7c6d-1e2f-4a3b-8c4d-5e6f7a8b9c0d", ""},
		"underscores":               {strings.ReplaceAll(id, "-", "_"), ""},
		"spaces about it":           {" " + id + " ", ""},
		"a space for a digit":       {" " + id[1:], ""},
		"a letter beyond f":         {"g" + id[1:], ""},
		"a sign that or-ing hides":  {"\x16" + id[1:], ""},
		"an at for a letter":        {"@" + id[1:], ""},
		"a letter of two bytes":     {"é" + id[2:], ""},
		"empty":                     {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := field.Canonical(test.text)
			require.Equal(t, test.want, got)
			if test.want == "" {
				requireMalformed(t, err)
				return
			}
			require.NoError(t, err)
		})
	}
	for c := range byte(128) { // each digit, and nothing else, is a digit
		_, err := field.Canonical(string(c) + id[1:])
		require.Equal(t, strings.ContainsRune("0123456789abcdefABCDEF", rune(c)), err == nil, "%q", c)
	}
}

func TestCanonicalText(t *testing.T) {
	t.Parallel()
	field := events.InBody("id")
	for name, test := range map[string]struct {
		text string
		ok   bool
	}{
		"as it is":               {"Evt_1 ", true},
		"256 bytes":              {strings.Repeat("x", 256), true},
		"257 bytes":              {strings.Repeat("x", 257), false},
		"257 bytes, 129 letters": {strings.Repeat("é", 128) + "x", false},
		"empty":                  {"", false},
		"a tab":                  {"CANARY\t", false},
		"an escape":              {"\x1bCANARY", false},
		"not UTF-8":              {"CANARY\xff", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := field.Canonical(test.text)
			if !test.ok {
				requireMalformed(t, err)
				require.ErrorContains(t, err, "member id")
				require.Empty(t, got)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.text, got)
		})
	}
}
