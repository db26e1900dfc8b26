package sqlstore_test

import (
	"flag"
	"log/slog"
	"os"
	"testing"

	"github.com/hookmitt/hookmitt/internal/soaktest"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // middleware.New speaks of ids
	soaktest.Serve(soaked)
	if of := os.Getenv(processOf); of != "" {
		process(of)
	}
	_ = flag.Set("test.parallel", "4") // the tests wait for servers; the command line may say otherwise
	code := m.Run()
	endShared()
	os.Exit(code)
}
