// Package soaktest kills receivers and their database while a provider delivers, and says afterwards what was done.
//
// A store's test has a TestMain that begins with [Serve], since its binary is the receivers' program too, and a test
// that has [Courses] run [Soak] for each seed. The flags of such a test are
//
//	-seeds N      courses to run
//	-seed N       of the first course
//	-events N     to send in a course
//	-table FILE   to write what was counted, beside what other tests have written there
package soaktest

import (
	"flag"
	"fmt"
	"testing"
	"time"
)

var (
	seeds     = flag.Int("seeds", 1, "courses of a soak to run")
	firstSeed = flag.Uint64("seed", 1, "of a soak's first course")
	perCourse = flag.Int("events", few, "to send in a course of a soak")
	tablePath = flag.String("table", "", "file of the `table` of soaks")
)

// few events are enough to have receivers killed in each place.
const few = 300

// Stand is receivers, and what they keep their claims in.
type Stand struct {
	Name      string                    // in the table
	Receivers int                       // processes
	At        string                    // tells a receiver where its store is
	Pass      func(time.Duration) error // lets time pass for the store, even while it is down
	Crash     func() error              // kills the database and starts it again. nil: it has no process of its own
	Effects   func() ([]Run, error)     // who has written an effect. nil: the ledger says it
}

// Courses runs a test for each seed that the flags say, with as many events.
func Courses(t *testing.T, name string, course func(t *testing.T, seed uint64, events int)) {
	t.Helper()
	run(t, name, *seeds, *perCourse, course)
}

// FewCourses does so for three seeds at most, and with few events.
func FewCourses(t *testing.T, name string, course func(t *testing.T, seed uint64, events int)) {
	t.Helper()
	run(t, name, min(*seeds, 3), few, course)
}

func run(t *testing.T, name string, courses, events int, course func(t *testing.T, seed uint64, events int)) {
	t.Helper()
	for i := range courses {
		seed := *firstSeed + uint64(i) //nolint:gosec // small
		t.Run(fmt.Sprintf("%s seed %d", name, seed), func(t *testing.T) { course(t, seed, events) })
	}
}

// Sought is how many of the events of a course have a run whose process is killed in a place for certain, if its handler
// comes by there. The others are killed by chance.
func Sought(place Deed, seed uint64, events int) (n int) {
	for i := range events {
		if at, ok := sought(eventID(seed, i)); ok && at == place {
			n++
		}
	}
	return n
}
