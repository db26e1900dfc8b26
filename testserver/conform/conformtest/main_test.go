package conformtest_test

import (
	"flag"
	"log/slog"
	"os"
	"testing"

	"github.com/redis/go-redis/v9/logging"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // middleware.New speaks of ids
	logging.Disable()                              // go-redis speaks of connections, which a restart breaks
	_ = flag.Set("test.parallel", "8")             // most configurations wait, and not for processors; the command line may say otherwise
	os.Exit(m.Run())
}
