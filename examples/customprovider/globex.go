package customprovider

import (
	"crypto"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// Globex is a payment service. It signs the time of sending with the body, so that a captured request is worth nothing
// after five minutes; each retry is stamped anew:
//
//	Globex-Signature: t=1736937000,v1=<hex of HMAC-SHA256 over "<t>.<body>">
//
//	{"id":"evt_1","type":"refund.issued","created":"2025-01-15T10:30:00Z","data":{"refund_id":"re_1","amount":1999,"currency":"EUR"}}
//
// While a customer's secret is rotated it signs with both, and sends two v1 entries: one that matches is enough.
func Globex() hookmitt.Provider {
	return hookmitt.Provider{
		Name: "globex",
		Scheme: verify.HMAC{
			Header: "Globex-Signature", Hash: crypto.SHA256, Form: verify.Pairs(",", "t", "v1"),
			Signed:    []verify.Part{verify.Timestamp(), verify.Text("."), verify.Body()},
			Timestamp: verify.InSignature(), Tolerance: 5 * time.Minute,
		},
		Codec: events.JSON{
			ID: events.InBody("id"), Type: events.InBody("type"), Time: events.InBody("created"), Data: events.InBody("data"),
		},
		Events:   events.CatalogOf(RefundIssued{RefundID: "re_1", Amount: 1999, Currency: "EUR"}),
		Acks:     []int{200, 202}, // a 204 is a failure to it
		Retry:    hookmitt.Fixed(30*time.Second, 10*time.Minute, time.Hour, 12*time.Hour),
		Deadline: 15 * time.Second,
	}
}

// RefundIssued is the data of refund.issued.
type RefundIssued struct {
	RefundID string `json:"refund_id" validate:"required"`
	Amount   int64  `json:"amount"    validate:"gt=0"` // in the currency's minor unit
	Currency string `json:"currency"  validate:"len=3,alpha"`
}

// EventType implements [events.Payload].
func (RefundIssued) EventType() string { return "refund.issued" }
