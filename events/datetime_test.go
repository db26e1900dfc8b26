package events_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

func TestDateTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		text string
		want time.Time
	}{
		"as Mixpost writes it":    {`"2025-01-15 10:30:00"`, at},
		"RFC 3339":                {`"2025-01-15T10:30:00Z"`, at},
		"RFC 3339, in a zone":     {`"2025-01-15T12:30:00+02:00"`, at},
		"with escapes":            {`"2025-01-15 10\u003a30:00"`, at},
		"with a fraction of zero": {`"2025-01-15 10:30:00.000000"`, at},
		"with a fraction":         {`"2025-01-15 10:30:00.25"`, at.Add(250 * time.Millisecond)},
		"null":                    {`null`, time.Time{}},
		"empty":                   {`""`, time.Time{}},
		"a database's null":       {`"0000-00-00 00:00:00"`, time.Time{}},
		"a leap day":              {`"2024-02-29 00:00:00"`, time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
		"the last second of 9999": {`"9999-12-31 23:59:59"`, time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := events.DateTime{Time: time.Unix(1, 0)}
			require.NoError(t, json.Unmarshal([]byte(test.text), &got))
			require.Equal(t, test.want, got.Time, "in UTC, so that it can be compared")
			require.True(t, decodes[events.DateTime](t, test.text).Equal(test.want))
		})
	}
	for name, text := range map[string]string{
		"text":                       `"CANARY"`,
		"a number":                   `1736937000`,
		"true":                       `true`,
		"an object":                  `{"date":"CANARY"}`,
		"a month too many":           `"2025-13-01 00:00:00"`,
		"no such day":                `"2025-02-29 00:00:00"`,
		"a date alone":               `"2025-01-15"`,
		"a T and no zone":            `"2025-01-15T10:30:00"`,
		"before the year 0, in UTC":  `"0000-01-01T00:00:00+23:59"`,
		"past the year 9999, in UTC": `"9999-12-31T23:59:59-00:01"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := new(events.DateTime).UnmarshalJSON([]byte(text))
			require.Error(t, err)
			require.NotContains(t, err.Error(), canary)
			require.NotContains(t, err.Error(), "2025")
		})
	}
}

func TestDateTimeIsWrittenAsMixpostWritesIt(t *testing.T) {
	t.Parallel()
	type dates struct {
		At   events.DateTime `json:"at"`
		None events.DateTime `json:"none"`
		Left events.DateTime `json:"left,omitzero"`
	}
	at := time.Date(2025, 1, 15, 12, 30, 0, 0, time.FixedZone("", 2*60*60))
	const want = `{"at":"2025-01-15 10:30:00","none":null}`
	d := dates{At: events.DateTime{Time: at}}
	require.Equal(t, want, string(events.Named("t", d).Data))
	text, err := json.Marshal(d)
	require.NoError(t, err)
	require.Equal(t, want, string(text), "the standard library must write the same")
}
