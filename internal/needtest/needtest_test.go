package needtest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/internal/needtest"
)

// told notes what a test is told.
type told struct{ failed, skipped string }

func (*told) Helper()                             {}
func (t *told) Fatalf(format string, args ...any) { t.failed = fmt.Sprintf(format, args...) }
func (t *told) Skipf(format string, args ...any)  { t.skipped = fmt.Sprintf(format, args...) }

func TestPrograms(t *testing.T) {
	for name, c := range map[string]struct {
		ci       string
		programs []string
		want     told
	}{
		"what there is":              {"", []string{"go"}, told{}},
		"what there is, in CI":       {"1", []string{"go"}, told{}},
		"what is missing":            {"", []string{"go", "no-such-program"}, told{skipped: "no-such-program is missing: `make setup` installs it"}},
		"what is missing, and in CI": {"1", []string{"no-such-program"}, told{failed: "no-such-program is missing, and this is CI: `make setup` should have installed it"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("CI", c.ci)
			var got told
			needtest.Programs(&got, c.programs...)
			require.Equal(t, c.want, got)
		})
	}
}
