//go:build race

package scripttest

func init() { race = true }
