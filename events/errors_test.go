package events_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

func TestSkip(t *testing.T) {
	t.Parallel()
	require.Equal(t, events.ErrSkipped, events.Skip(nil))

	err := events.Skip(fmt.Errorf("not ours: %w", io.EOF))
	require.ErrorIs(t, err, events.ErrSkipped)
	require.ErrorIs(t, err, io.EOF)
	require.EqualError(t, err, "events: skipped: not ours: EOF")
	for _, other := range []error{events.ErrInvalid, events.ErrMalformed, events.ErrParked, events.ErrUnhandled} {
		require.NotErrorIs(t, err, other)
	}
}

func TestRetry(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("handler: %w", events.Retry(5*time.Minute, io.EOF))
	var retry *events.RetryError
	require.ErrorAs(t, err, &retry)
	require.Equal(t, 5*time.Minute, retry.After)
	require.ErrorIs(t, err, io.EOF)
	require.EqualError(t, retry, "events: retry in 5m0s: EOF")

	bare := events.Retry(time.Second, nil)
	require.ErrorAs(t, bare, &retry)
	require.NoError(t, retry.Err)
	require.NoError(t, errors.Unwrap(bare))
	require.EqualError(t, bare, "events: retry in 1s")
}

func TestInvalidErrorNamesEachField(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fields []events.FieldError
		want   string
	}{
		"one field":            {[]events.FieldError{field("ip", "is required")}, "events: invalid server.started: ip is required"},
		"two fields":           {[]events.FieldError{field("a[0].b", "is required"), field("c", "must be a URL")}, "events: invalid server.started: a[0].b is required; c must be a URL"},
		"the payload as whole": {[]events.FieldError{field("", "has no data")}, "events: invalid server.started: has no data"},
		"no field":             {nil, "events: invalid server.started"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := &events.InvalidError{Type: "server.started", Fields: test.fields}
			require.EqualError(t, err, test.want)
			require.ErrorIs(t, fmt.Errorf("x: %w", err), events.ErrInvalid)
			require.NotErrorIs(t, err, events.ErrMalformed)
		})
	}
}
