package main

import (
	"crypto"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// reseller is a provider of our own: it signs, numbers and retries as Civo does, and its bodies are CDHosting's.
func reseller() hookmitt.Provider {
	civo := hookmitt.Civo()
	return hookmitt.Provider{
		Name:   "reseller",
		Scheme: verify.HMAC{Header: "X-Civo-Signature", Hash: crypto.SHA1},
		Codec: events.JSON{
			ID: events.InHeader("X-Civo-Event").UUID(), Type: events.InBody("type"),
			Time: events.InBody("created_at"), Data: events.InBody("data"),
		},
		Events: events.CDHosting(), Retry: civo.Retry, DisableAfter: civo.DisableAfter, Deadline: civo.Deadline,
	}
}
