package providertest_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"testing"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver/providertest"
	"github.com/hookmitt/hookmitt/verify"
)

func TestBuiltInProviders(t *testing.T) {
	t.Parallel()
	for _, p := range []hookmitt.Provider{hookmitt.Civo(), hookmitt.Mixpost(), hookmitt.CDHosting(), hookmitt.StandardWebhooks(), hookmitt.GitHub()} {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			providertest.Run(t, p)
		})
	}
	t.Run("standardwebhooks, v1a", func(t *testing.T) {
		t.Parallel()
		key := func(seed byte) verify.Secret {
			return verify.NewSecret("whsk_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{seed}, ed25519.SeedSize)))
		}
		providertest.RunWith(t, hookmitt.StandardWebhooks(), key(1), key(2))
	})
}
