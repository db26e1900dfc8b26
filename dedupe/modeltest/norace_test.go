//go:build !race

package modeltest_test

// race says that the race detector is at work.
const race = false
