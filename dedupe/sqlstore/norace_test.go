//go:build !race

package sqlstore_test

// race says that the race detector is at work.
const race = false
