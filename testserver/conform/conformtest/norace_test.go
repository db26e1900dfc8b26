//go:build !race

package conformtest_test

// race says that the race detector is at work.
const race = false
