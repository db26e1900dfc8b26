package events_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

func TestServerStartedGolden(t *testing.T) {
	t.Parallel()
	e := golden(t, cdhosting, nil, "cdhosting/server.started.json")
	require.Equal(t, "evt_abc123", e.ID)
	require.Equal(t, events.ServerStarted{}.EventType(), e.Type)
	require.Equal(t, time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC), e.Time)
	got, err := events.Decode[events.ServerStarted](e)
	require.NoError(t, err)
	require.Equal(t, events.ServerStarted{ServerID: "srv_abc123", Name: "production-web-01", Status: "running", IP: "192.168.1.100"}, got)
}

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

func TestPaymentFailedGolden(t *testing.T) {
	t.Parallel()
	e := golden(t, cdhosting, nil, "cdhosting/billing.payment.failed.json")
	require.Equal(t, "evt_def456", e.ID)
	require.Equal(t, events.PaymentFailed{}.EventType(), e.Type)
	got, err := events.Decode[events.PaymentFailed](e)
	require.NoError(t, err)
	require.Equal(t, events.PaymentFailed{PaymentID: "pay_abc123", InvoiceID: "inv_abc123", Amount: 1999, Currency: "EUR", FailureReason: "card_declined"}, got)
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
