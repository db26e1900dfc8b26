// Package customprovider shows how to describe a provider that hookmitt does not know: as data, in about ten lines, for
// both directions at once. acme.go is a shop that signs a header of its own, globex.go a payment service with a
// timestamp in its signature. Neither exists. customprovider_test.go puts both through the laws of a provider, and lets
// a simulator of each call a receiver:
//
//	go test ./examples/customprovider
package customprovider

import (
	"crypto"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// Acme is a shop. It signs its delivery id and the body:
//
//	X-Acme-Delivery: 3f2a6c1e-9d4b-4e0a-8f7c-1b2d3e4f5a6b
//	X-Acme-Signature: sha256=<hex of HMAC-SHA256 over "<delivery>.<body>">
//
//	{"event":"order.shipped","data":{"order_id":"A-1001","carrier":"rail","parcels":2}}
//
// A delivery id is a UUID, so its end is certain: nobody can move text between it and the body.
func Acme() hookmitt.Provider {
	return hookmitt.Provider{
		Name: "acme",
		Scheme: verify.HMAC{
			Header: "X-Acme-Signature", Hash: crypto.SHA256, Form: verify.Bare("sha256="),
			Signed: []verify.Part{verify.Header("X-Acme-Delivery"), verify.Text("."), verify.Body()},
		},
		Codec:        events.JSON{ID: events.InHeader("X-Acme-Delivery").UUID(), Type: events.InBody("event"), Data: events.InBody("data")},
		Events:       events.CatalogOf(OrderShipped{OrderID: "A-1001", Carrier: "rail", Parcels: 2}),
		Retry:        hookmitt.Exponential(time.Minute, 3, 4), // 1 m, 3 m, 9 m, 27 m
		DisableAfter: 5,
		Deadline:     10 * time.Second,
	}
}

// OrderShipped is the data of order.shipped. A handler that is registered with events.On never sees one that breaks
// these rules.
type OrderShipped struct {
	OrderID string `json:"order_id" validate:"required"`
	Carrier string `json:"carrier"  validate:"oneof=rail road sea"`
	Parcels int    `json:"parcels"  validate:"gte=1"`
}

// EventType implements [events.Payload].
func (OrderShipped) EventType() string { return "order.shipped" }
