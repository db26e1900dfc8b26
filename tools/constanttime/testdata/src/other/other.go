// Package other may compare as it likes.
package other

func same(a, b string) bool { return a == b }
