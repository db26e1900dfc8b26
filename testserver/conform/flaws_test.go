package conform_test

import (
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/testserver/conform"
)

// flaw is one that the receiver here can have: a branch in it, found by its name.
type flaw struct {
	finds    map[string]string // the checks that must find it, and what they say of it
	lenient  bool              // it is NON-STRICT, though the check's level is must
	fatal    bool              // it is FAILED, though the check's level is should: others suffer
	provider string            // whose receiver has it. Default: civo
	front    *front            // it is in what stands before net/http
}

// flaws are all of them, by what the receiver does wrong.
var flaws = merged(flawsOfBasics, flawsOfSignatures, flawsOfBodies, flawsOfRequests, flawsOfRepeats, flawsOfWork)

func merged(all ...map[string]flaw) map[string]flaw {
	one := map[string]flaw{}
	for _, some := range all {
		maps.Copy(one, some)
	}
	return one
}

// verdict is what a check must say of the flaw.
func (f flaw) verdict(level conform.Level, strict bool) conform.Verdict {
	switch {
	case strict || f.fatal:
		return conform.Failed
	case level == conform.Should || f.lenient:
		return conform.NonStrict
	}
	return conform.Failed
}

func TestEachFlawIsFound(t *testing.T) {
	t.Parallel()
	for name, f := range flaws {
		for _, strict := range []bool{false, true} {
			title := name
			if strict {
				title += ", strictly"
			}
			t.Run(title, func(t *testing.T) {
				t.Parallel()
				if f.front == nil {
					synctest.Test(t, func(t *testing.T) {
						f.found(t, name, strict)
						time.Sleep(time.Hour) // for what the receiver is still at
					})
				} else {
					f.found(t, name, strict)
				}
			})
		}
	}
}

// found wants the flaw to be found by its checks.
func (f flaw) found(t *testing.T, name string, strict bool) {
	t.Helper()
	p := providers["civo"]()
	if f.provider != "" {
		p = providers[f.provider]()
	}
	if f.front != nil {
		p.Deadline = time.Second // on the real clock
	}
	target, r := newStand(p, name, &manner{})
	if f.front != nil {
		target = f.front.before(t, target)
		r.deadline = p.Deadline
	}
	for id, got := range probe(t, target, strict, slices.Collect(maps.Keys(f.finds))...) {
		require.Equal(t, f.verdict(got.Check.Level, strict), got.Verdict, conform.Explain(got))
		require.Contains(t, got.Found, f.finds[id], id)
	}
}

// neverFails are checks that no receiver can fail, with the reason. There are none, and there should be none.
var neverFails = map[string]string{}

func TestEachCheckFindsAFlaw(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for name, f := range flaws {
		require.NotEmpty(t, f.finds, name)
		for id, said := range f.finds {
			require.NotEmpty(t, said, "%s: what does %s say?", name, id)
			found[id] = true
		}
	}
	for _, c := range conform.Checks() {
		require.NotEqual(t, found[c.ID], neverFails[c.ID] != "", "%s needs a flaw in the table that makes it fail, in order to be believed", c.ID)
		delete(found, c.ID)
	}
	require.Empty(t, found, "these are no checks")
}
