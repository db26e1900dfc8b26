package conform_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/testserver/conform"
)

// Why a check is skipped of a receiver of which everything is known: the provider has no such thing.
const (
	noTime     = "the provider signs no time"
	noList     = "the provider's signature header has no room for two signatures"
	noIDs      = "the provider sends no ids"
	noIDHeader = "the provider sends no id in a header"
	signedID   = "the signature covers the id"
	noRetries  = "the provider does not retry"
)

var skipped = map[string]map[string]string{
	"civo": {
		"IDEM-08": noTime, "IDEM-09": noTime, "IDEM-10": noTime, "IDEM-11": noTime,
		"ROT-04": noList, "SIG-17": noList, "SIG-18": noList,
	},
	"mixpost": {
		"HDR-01": noIDHeader, "HDR-02": noIDHeader, "HDR-03": noIDHeader, "HDR-08": noIDHeader, "IDEM-03": noIDs, "IDEM-04": noIDHeader,
		"IDEM-05": noIDHeader, "IDEM-13": noIDs,
		"IDEM-08": noTime, "IDEM-09": noTime, "IDEM-10": noTime, "IDEM-11": noTime,
		"ROT-04": noList, "SIG-17": noList, "SIG-18": noList,
	},
	"cdhosting": {
		"HDR-01": noIDHeader, "HDR-02": noIDHeader, "HDR-03": noIDHeader, "HDR-08": noIDHeader, "IDEM-04": noIDHeader, "IDEM-05": noIDHeader,
		"IDEM-08": noTime, "IDEM-09": noTime, "IDEM-10": noTime, "IDEM-11": noTime,
		"ROT-04": noList, "SIG-17": noList, "SIG-18": noList,
	},
	"github": {
		"BODY-04": "the provider sends the type in a header",
		"IDEM-06": noRetries, "RETRY-03": noRetries, "RETRY-04": noRetries, "RETRY-08": noRetries,
		"IDEM-08": noTime, "IDEM-09": noTime, "IDEM-10": noTime, "IDEM-11": noTime,
		"ROT-04": noList, "SIG-17": noList, "SIG-18": noList,
	},
	"standardwebhooks": {
		"HDR-02": signedID, "HDR-03": signedID, "HDR-08": signedID, "IDEM-04": signedID,
		"SIG-10": "the digest is not in hex",
	},
}

func TestACorrectReceiverPasses(t *testing.T) {
	t.Parallel()
	for name, provider := range providers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				target, _ := newStand(provider(), "", &manner{})
				found := map[string]string{}
				for id, r := range probe(t, target, true) {
					switch r.Verdict {
					case conform.OK:
						require.NotEqual(t, conform.Shown, r.Check.Level, id)
					case conform.Informational:
						require.Equal(t, conform.Shown, r.Check.Level, id)
					case conform.Skipped:
						found[id] = r.Found
					case conform.Failed, conform.NonStrict:
						t.Error(conform.Explain(r))
					}
				}
				require.Equal(t, skipped[name], found)
			})
		})
	}
}
