package events_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

func TestServerStartedAsksForWhatIsDocumented(t *testing.T) {
	t.Parallel()
	for _, ip := range []string{"192.168.1.100", "2001:db8::1", "::1", "0.0.0.0"} {
		got := decodes[events.ServerStarted](t, `{"server_id":"srv_1","name":"web","status":"running","ip":"`+ip+`","region":"new"}`)
		require.Equal(t, ip, got.IP)
	}
	for name, test := range map[string]struct {
		data string
		want events.FieldError
	}{
		"no server_id":            {`{"name":"CANARY","status":"running","ip":"::1"}`, field("server_id", "is required")},
		"no name":                 {`{"server_id":"CANARY","status":"running","ip":"::1"}`, field("name", "is required")},
		"no status":               {`{"server_id":"CANARY","name":"web","ip":"::1"}`, field("status", "is required")},
		"no ip":                   {`{"server_id":"CANARY","name":"web","status":"running"}`, field("ip", "is required")},
		"an ip that is null":      {`{"server_id":"CANARY","name":"web","status":"running","ip":null}`, field("ip", "is required")},
		"an ip that is empty":     {`{"server_id":"CANARY","name":"web","status":"running","ip":""}`, field("ip", "is required")},
		"an ip of another case":   {`{"server_id":"CANARY","name":"web","status":"running","IP":"::1"}`, field("ip", "is required")},
		"an ip that is a name":    {`{"server_id":"srv_1","name":"web","status":"running","ip":"CANARY"}`, field("ip", "must be an IP address")},
		"an ip with a port":       {`{"server_id":"srv_1","name":"web","status":"running","ip":"192.168.1.100:80"}`, field("ip", "must be an IP address")},
		"an ip beyond 255":        {`{"server_id":"srv_1","name":"web","status":"running","ip":"192.168.1.256"}`, field("ip", "must be an IP address")},
		"an ip with a zone":       {`{"server_id":"srv_1","name":"web","status":"running","ip":"fe80::1%CANARY"}`, field("ip", "must be an IP address")},
		"an ip that is a number":  {`{"server_id":"srv_1","name":"web","status":"running","ip":3232235876}`, field("ip", "has a number where a string is wanted")},
		"ips":                     {`{"server_id":"srv_1","name":"web","status":"running","ip":["CANARY"]}`, field("ip", "has an array where a string is wanted")},
		"a server_id of digits":   {`{"server_id":42,"name":"web","status":"running","ip":"::1"}`, field("server_id", "has a number where a string is wanted")},
		"a server that is a list": {`[]`, field("", "has an array where an object is wanted")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireFields[events.ServerStarted](t, test.data, test.want)
		})
	}
	all := []events.FieldError{field("server_id", "is required"), field("name", "is required"), field("status", "is required"), field("ip", "is required")}
	requireFields[events.ServerStarted](t, `{}`, all...)
	requireFields[events.ServerStarted](t, `null`, all...)
}

func TestPaymentFailedAsksForNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		data string
		want events.PaymentFailed
	}{
		"nothing":             {`{}`, events.PaymentFailed{}},
		"nulls":               {`{"payment_id":null,"amount":null,"currency":null}`, events.PaymentFailed{}},
		"empty text":          {`{"currency":"","failure_reason":""}`, events.PaymentFailed{}},
		"an amount of 0":      {`{"amount":0}`, events.PaymentFailed{}},
		"an amount alone":     {`{"amount":9007199254740993}`, events.PaymentFailed{Amount: 9007199254740993}},
		"lower-case currency": {`{"currency":"eur"}`, events.PaymentFailed{Currency: "eur"}},
		"what is new":         {`{"customer":{"id":"cus_1"},"attempts":[1,2]}`, events.PaymentFailed{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, decodes[events.PaymentFailed](t, test.data))
		})
	}
	e := events.New(events.PaymentFailed{})
	require.Equal(t, `{}`, string(e.Data))
	_, err := events.Decode[events.PaymentFailed](e)
	require.NoError(t, err)
}

func TestPaymentFailedChecksWhatIsThere(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		data string
		want []events.FieldError
	}{
		"an amount below 0":         {`{"amount":-1}`, []events.FieldError{field("amount", "must be at least 0")}},
		"an amount with a fraction": {`{"amount":19.99}`, []events.FieldError{field("amount", "has a number that cannot be held")}},
		"an amount beyond 64 bits":  {`{"amount":9223372036854775808}`, []events.FieldError{field("amount", "has a number that cannot be held")}},
		"an amount that is text":    {`{"amount":"CANARY"}`, []events.FieldError{field("amount", "has a string where a number is wanted")}},
		"a currency of four":        {`{"currency":"EURO"}`, []events.FieldError{field("currency", "does not pass len=3")}},
		"a currency with a digit":   {`{"currency":"EU1"}`, []events.FieldError{field("currency", "does not pass alpha")}},
		"amount and currency":       {`{"amount":-5,"currency":"CANARY"}`, []events.FieldError{field("amount", "must be at least 0"), field("currency", "does not pass len=3")}},
		"a reason that is a list":   {`{"failure_reason":["CANARY"]}`, []events.FieldError{field("failure_reason", "has an array where a string is wanted")}},
		"no data at all":            {``, []events.FieldError{field("", "has no data")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireFields[events.PaymentFailed](t, test.data, test.want...)
		})
	}
}

// assumed decodes data that a payload must take, and data that it must not.
func assumed[T events.Payload](t *testing.T, takes map[string]T, refuses map[string]events.FieldError) {
	t.Helper()
	var zero T
	require.Equal(t, zero, decodes[T](t, `{}`), "every field is optional")
	require.Equal(t, zero, decodes[T](t, `{"region":"new","name":null}`))
	require.Equal(t, `{}`, string(events.New(zero).Data))
	for data, want := range takes {
		require.Equal(t, want, decodes[T](t, data), data)
	}
	for data, want := range refuses {
		requireFields[T](t, data, want)
	}
}

func TestWhatIsAssumedIsOptionalAndChecked(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)
	server := `{"server_id":"srv_1","name":"web","status":"s","ip":"2001:db8::1"}`
	notIP := map[string]events.FieldError{
		`{"ip":"CANARY"}`:       field("ip", "must be an IP address"),
		`{"server_id":42}`:      field("server_id", "has a number where a string is wanted"),
		`{"status":["CANARY"]}`: field("status", "has an array where a string is wanted"),
	}
	assumed(t, map[string]events.ServerCreated{
		server:              {ServerID: "srv_1", Name: "web", Status: "s", IP: "2001:db8::1"},
		`{"ip":""}`:         {},
		`{"IP":"no field"}`: {},
	}, notIP)
	assumed(t, map[string]events.ServerStopped{server: {ServerID: "srv_1", Name: "web", Status: "s", IP: "2001:db8::1"}}, notIP)
	assumed(t, map[string]events.ServerRebooted{server: {ServerID: "srv_1", Name: "web", Status: "s", IP: "2001:db8::1"}}, notIP)
	assumed(t, map[string]events.ServerError{
		server:                           {ServerID: "srv_1", Name: "web", Status: "s", IP: "2001:db8::1"},
		`{"error":{"code":"E1","at":7}}`: {Error: events.ServerProblem{Code: "E1"}},
		`{"error":null}`:                 {},
	}, map[string]events.FieldError{
		`{"ip":"CANARY"}`:                  field("ip", "must be an IP address"),
		`{"error":"CANARY"}`:               field("error", "has a string where an object is wanted"),
		`{"error":{"message":["CANARY"]}}`: field("error.message", "has an array where a string is wanted"),
	})
	assumed(t, map[string]events.BackupCompleted{
		`{"backup_id":"b","size_bytes":9007199254740993,"completed_at":"2025-01-15T10:30:00Z"}`: {BackupID: "b", SizeBytes: 9007199254740993, CompletedAt: at},
		`{"size_bytes":0,"completed_at":null}`:                                                  {},
	}, map[string]events.FieldError{
		`{"size_bytes":-1}`:                   field("size_bytes", "must be at least 0"),
		`{"size_bytes":"CANARY"}`:             field("size_bytes", "has a string where a number is wanted"),
		`{"completed_at":"CANARY"}`:           field("completed_at", "has a string where time.Time is wanted"),
		`{"completed_at":"2025-01-15 10:30"}`: field("completed_at", "has a string where time.Time is wanted"),
		`{"completed_at":1736937000}`:         field("completed_at", "has a number where time.Time is wanted"),
	})
	assumed(t, map[string]events.PaymentSucceeded{
		`{"payment_id":"p","invoice_id":"i","amount":1999,"currency":"EUR"}`: {PaymentID: "p", InvoiceID: "i", Amount: 1999, Currency: "EUR"},
	}, map[string]events.FieldError{
		`{"amount":-1}`:         field("amount", "must be at least 0"),
		`{"currency":"CANARY"}`: field("currency", "does not pass len=3"),
	})
	assumed(t, map[string]events.SubscriptionCancelled{
		`{"subscription_id":"s","server_id":"v","cancelled_at":"2025-01-15T10:30:00Z","reason":"r"}`: {SubscriptionID: "s", ServerID: "v", CancelledAt: at, Reason: "r"},
	}, map[string]events.FieldError{
		`{"cancelled_at":"CANARY"}`: field("cancelled_at", "has a string where time.Time is wanted"),
	})
}
