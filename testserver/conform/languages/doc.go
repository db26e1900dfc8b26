// Package languages asks other languages whether hookmitt is right: neither its idea of a signature nor its idea of a
// correct receiver is private to its own code.
//
// The simulator's requests verify under Ruby's, PHP's, Node's and Python's own HMAC, and under the official library of
// Standard Webhooks; what these sign, a receiver of ours accepts (programs). Receivers in other languages, each with the
// flaws that its first lines name, are found out by package conform (receivers, and what it says of each in testdata);
// those of examples/other-languages have none. Before one of the flawed ones "hookmitt listen --forward" makes good what
// a sidecar can.
//
// It is a module of its own, for its tests alone:
//
//	cd testserver/conform/languages && go test ./...
//	cd testserver/conform/languages && go test -run Receivers -update    # writes testdata anew, to be looked at
//
// It wants Ruby with WEBrick, PHP, Node, Python 3 with Flask, and in .bin what make fetches from npm. Where one of them is
// missing its tests are skipped, but in CI they fail. Most of a minute is for receivers that wait for ever.
package languages
