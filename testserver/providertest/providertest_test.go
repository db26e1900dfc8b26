package providertest_test

import (
	"testing"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/testserver/providertest"
)

func TestBuiltInProviders(t *testing.T) {
	t.Parallel()
	for _, p := range []hookmitt.Provider{hookmitt.Civo(), hookmitt.Mixpost(), hookmitt.CDHosting()} {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			providertest.Run(t, p)
		})
	}
}
