// Package browsertest holds the simulator's page to what people do with it, in a real browser. It is a module of its own,
// so that hookmitt does not require what drives one:
//
//	make browsertest
//
// It wants Chromium, and axe-core in .bin, which make fetches. Where one of them is missing its tests are skipped, but
// in CI they fail.
package browsertest
