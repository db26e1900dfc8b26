package dedupetest

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
)

// verdict is a reporter that keeps what it was told.
type verdict struct {
	ctx             context.Context
	failed, skipped string
}

func (v *verdict) Helper()                  {}
func (v *verdict) Context() context.Context { return v.ctx }
func (v *verdict) Fatalf(format string, args ...any) {
	v.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}
func (v *verdict) Skipf(format string, args ...any) {
	v.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// judge tries a law in a bubble and returns the verdict.
func judge(t *testing.T, number int, open func() Subject) (v verdict) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		v.ctx = t.Context()
		over := make(chan struct{})
		go func() {
			defer close(over)
			laws[number-1].try(t, &v, open())
		}()
		<-over
	})
	return v
}
