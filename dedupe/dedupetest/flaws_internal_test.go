package dedupetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
)

// flaws are stores that break a law, each in a way in which a store has been or could be written.
var flaws = map[string]struct {
	law  int
	make func(b *broken)
}{
	"every claim wins": {1, func(b *broken) {
		b.answers(func(c *claim, _ key, _ string, _ hold) { c.State, c.Run = dedupe.Claimed, 1 })
	}},
	"no claim wins": {1, func(b *broken) {
		b.answers(func(c *claim, _ key, _ string, h hold) { *c = claim{State: dedupe.Pending, Wait: h.Lease} })
	}},
	"who loses gets an error": {1, failsWhen(dedupe.Pending)},
	"who loses is told that it is done": {1, func(b *broken) {
		b.answers(func(c *claim, _ key, _ string, _ hold) {
			if c.State == dedupe.Pending {
				c.State = dedupe.Done
			}
		})
	}},
	"a repeated claim meets itself, as with SET NX": {2, func(b *broken) {
		b.answers(func(c *claim, k key, owner string, h hold) {
			if _, first := b.since("%v %s", k, owner); !first {
				*c = claim{State: dedupe.Pending, Wait: h.Lease}
			}
		})
	}},
	"a repeated claim gets a new token": {2, func(b *broken) {
		b.answers(func(c *claim, k key, owner string, _ hold) {
			if _, first := b.since("%v %s", k, owner); !first {
				c.Token++
			}
		})
	}},
	"pending without a wait":        {3, waits(func(time.Duration, hold) time.Duration { return 0 })},
	"pending with the whole lease":  {3, waits(func(_ time.Duration, h hold) time.Duration { return h.Lease })},
	"pending for longer than it is": {3, waits(func(d time.Duration, h hold) time.Duration { return d + h.Lease })},
	"extend does nothing":           {4, func(b *broken) { b.extend = func(context.Context, claim) error { return nil } }},
	"extend is lost":                {4, func(b *broken) { b.extend = func(context.Context, claim) error { return dedupe.ErrLeaseLost } }},
	"extend works once": {4, func(b *broken) {
		b.extend = func(ctx context.Context, c claim) error {
			if _, first := b.since("%v", c.Key); !first {
				return nil
			}
			return b.Memory.Extend(ctx, c)
		}
	}},
	"extend is for ever": {4, func(b *broken) {
		b.extend = func(ctx context.Context, c claim) error {
			c.Hold.Lease *= 100
			return b.Memory.Extend(ctx, c)
		}
	}},
	"leases have no end":     {5, func(b *broken) { b.held(func(h hold) hold { return hold{Lease: 100 * h.Lease, Remember: h.Remember} }) }},
	"every run is the first": {5, func(b *broken) { b.answers(func(c *claim, _ key, _ string, _ hold) { c.Run = min(c.Run, 1) }) }},
	"every token is the same": {5, func(b *broken) {
		b.answers(func(c *claim, _ key, _ string, _ hold) { c.Token = 7 })
	}},
	"an old claim may extend":  {6, func(b *broken) { b.extend = func(context.Context, claim) error { return nil } }},
	"an old claim may commit":  {6, func(b *broken) { b.commit = func(context.Context, claim, int) error { return nil } }},
	"an old claim may release": {6, func(b *broken) { b.release = func(context.Context, claim) error { return nil } }},
	"an old claim is refused, and its commit stands": {6, func(b *broken) {
		b.commit = func(ctx context.Context, c claim, status int) error {
			err := b.Memory.Commit(ctx, c, status)
			if err != nil {
				b.again(c.Key, c.Hold, status)
			}
			return err
		}
	}},
	"an old claim is refused, and the new one extended": {6, func(b *broken) {
		last := map[key]claim{}
		b.claim = func(ctx context.Context, k key, owner string, h hold) (claim, error) {
			c, err := b.Memory.Claim(ctx, k, owner, h)
			if c.State == dedupe.Claimed {
				last[k] = c
			}
			return c, err
		}
		b.extend = func(ctx context.Context, c claim) error {
			err := b.Memory.Extend(ctx, c)
			if err != nil {
				_ = b.Memory.Extend(ctx, last[c.Key])
			}
			return err
		}
	}},
	"who is late may not commit": {7, func(b *broken) {
		b.answers(func(c *claim, k key, _ string, _ hold) { b.since("%v", k) })
		b.commit = func(ctx context.Context, c claim, status int) error {
			if ago, _ := b.since("%v", c.Key); ago > c.Hold.Lease {
				return dedupe.ErrLeaseLost
			}
			return b.Memory.Commit(ctx, c, status)
		}
	}},
	"a second commit is lost": {8, func(b *broken) {
		b.commit = func(ctx context.Context, c claim, status int) error {
			if _, first := b.since("%d", c.Token); !first {
				return dedupe.ErrLeaseLost
			}
			return b.Memory.Commit(ctx, c, status)
		}
	}},
	"a second release is lost": {8, func(b *broken) {
		b.release = func(ctx context.Context, c claim) error {
			if _, first := b.since("%d", c.Token); !first {
				return dedupe.ErrLeaseLost
			}
			return b.Memory.Release(ctx, c)
		}
	}},
	"release does nothing":              {9, func(b *broken) { b.release = func(context.Context, claim) error { return nil } }},
	"release deletes the record":        {10, thenForgets},
	"the status is always 200":          {11, func(b *broken) { b.answers(func(c *claim, _ key, _ string, _ hold) { c.Status = 200 }) }},
	"the status is a byte":              {11, func(b *broken) { b.answers(func(c *claim, _ key, _ string, _ hold) { c.Status &= 0xff }) }},
	"ids are forgotten early":           {12, func(b *broken) { b.held(func(h hold) hold { return hold{Lease: h.Lease, Remember: h.Remember / 2} }) }},
	"ids are never forgotten":           {12, func(b *broken) { b.held(func(h hold) hold { return hold{Lease: h.Lease, Remember: h.Remember * 100} }) }},
	"remember counts from the claim":    {12, sinceClaim(func(b *broken, c *claim, ago time.Duration) { c.Hold.Remember -= ago })},
	"a repeated commit starts it again": {12, repeatsCommit},
	"a repeated release starts it again": {12, func(b *broken) {
		b.release = func(ctx context.Context, c claim) error {
			if _, first := b.since("%v", c.Key); !first {
				_ = b.Memory.Forget(ctx, c.Key)
				c, _ = b.Memory.Claim(ctx, c.Key, "nobody", c.Hold)
			}
			return b.Memory.Release(ctx, c)
		}
	}},
	"a duplicate starts it again":            {12, duplicateRestarts},
	"extend does not start it again":         {12, func(b *broken) { b.extend = func(context.Context, claim) error { return nil } }},
	"what failed is forgotten at once":       {12, thenForgets},
	"scope and id are joined":                {13, func(b *broken) { b.keyed(func(k key) key { return key{ID: cut(k.Scope+k.ID, 256)} }) }},
	"scope and id are joined by a slash":     {13, func(b *broken) { b.keyed(func(k key) key { return key{ID: cut(k.Scope+"/"+k.ID, 256)} }) }},
	"scope and id are joined by a zero byte": {13, func(b *broken) { b.keyed(func(k key) key { return key{Scope: k.Scope + "\x00" + k.ID, ID: "x"} }) }},
	"the scope is left out":                  {13, func(b *broken) { b.keyed(func(k key) key { return key{ID: k.ID} }) }},
	"keys fold case":                         {13, folds(strings.ToLower)},
	"keys are trimmed":                       {13, folds(strings.TrimSpace)},
	"keys are valid UTF-8":                   {13, folds(func(s string) string { return strings.ToValidUTF8(s, "\ufffd") })},
	"keys are 255 bytes":                     {13, folds(func(s string) string { return cut(s, 255) })},
	"keys end at a zero byte":                {13, folds(func(s string) string { s, _, _ = strings.Cut(s, "\x00"); return s })},
	"keys are what is in the braces": {13, folds(func(s string) string {
		if _, tag, ok := strings.Cut(s, "{"); ok {
			if tag, _, ok := strings.Cut(tag, "}"); ok && tag != "" {
				return tag
			}
		}
		return s
	})},
	"a lease ends by the reader's lease": {14, func(b *broken) {
		b.answers(func(c *claim, _ key, _ string, h hold) {
			if c.State == dedupe.Pending && c.Wait > h.Lease {
				c.State, c.Run = dedupe.Claimed, 2
			}
		})
	}},
	"a lease ends by the reader's remember": {14, func(b *broken) {
		b.answers(func(c *claim, k key, _ string, h hold) {
			if _, first := b.since("%v %v", k, h.Remember); !first && c.State == dedupe.Pending {
				c.State, c.Run = dedupe.Claimed, 2
			}
		})
	}},
	"claim does not look at the context": {15, func(b *broken) {
		b.claim = func(ctx context.Context, k key, owner string, h hold) (claim, error) {
			return b.Memory.Claim(context.WithoutCancel(ctx), k, owner, h)
		}
	}},
	"extend does not look at the context": {15, func(b *broken) {
		b.extend = func(ctx context.Context, c claim) error { return b.Memory.Extend(context.WithoutCancel(ctx), c) }
	}},
	"commit does not look at the context": {15, func(b *broken) {
		b.commit = func(ctx context.Context, c claim, status int) error {
			return b.Memory.Commit(context.WithoutCancel(ctx), c, status)
		}
	}},
	"release does not look at the context": {15, func(b *broken) {
		b.release = func(ctx context.Context, c claim) error { return b.Memory.Release(context.WithoutCancel(ctx), c) }
	}},
	"what is done is so for a cancelled context too": {15, func(b *broken) {
		b.claim = func(ctx context.Context, k key, owner string, h hold) (claim, error) {
			c, err := b.Memory.Claim(context.WithoutCancel(ctx), k, owner, h)
			if c.State == dedupe.Done {
				return c, err
			}
			return b.Memory.Claim(ctx, k, owner, h)
		}
	}},
	"something foreign is done":            {16, plantedIs(claim{State: dedupe.Done, Status: 200}, nil)},
	"something foreign is written over":    {16, plantedIs(claim{State: dedupe.Claimed, Run: 1}, nil)},
	"something foreign is committed over":  {16, plantedIs(claim{}, errors.New("not a record"))},
	"what is done can be released":         {17, func(b *broken) { b.release = func(context.Context, claim) error { return nil } }},
	"what is done is lost by its release":  {17, thenForgets},
	"forget does nothing":                  {18, func(b *broken) { b.forget = func(context.Context, key) error { return nil } }},
	"forget of what is unknown is refused": {18, func(b *broken) { b.forget = func(context.Context, key) error { return dedupe.ErrLeaseLost } }},
	"forget loses the token": {18, func(b *broken) {
		b.afterForget(func(c *claim) { c.Token = 1 })
	}},
	"forget keeps the runs": {18, func(b *broken) {
		b.afterForget(func(c *claim) { c.Run = 2 })
	}},
	"who ran what was forgotten gets it again": {18, func(b *broken) {
		forgets := map[key]int{}
		b.forget = func(ctx context.Context, k key) error {
			forgets[k]++
			return b.Memory.Forget(ctx, k)
		}
		b.claim = func(ctx context.Context, k key, owner string, h hold) (claim, error) {
			return b.Memory.Claim(ctx, k, fmt.Sprint(owner, forgets[k]), h) // somebody else than who was forgotten
		}
	}},
	"an empty id is taken": {19, func(b *broken) { b.keyed(func(k key) key { return key{Scope: k.Scope, ID: k.ID + "."} }) }},
	"a long id is cut":     {19, func(b *broken) { b.keyed(func(k key) key { return key{Scope: k.Scope, ID: cut(k.ID, 256)} }) }},
	"a run that was none counts": {20, func(b *broken) {
		b.release = func(ctx context.Context, c claim) error {
			c.Unused = false
			return b.Memory.Release(ctx, c)
		}
	}},
	"a run that was none is forgotten with all before it": {20, func(b *broken) {
		b.release = func(ctx context.Context, c claim) error {
			err := b.Memory.Release(ctx, c)
			if c.Unused {
				_ = b.Memory.Forget(ctx, c.Key)
			}
			return err
		}
	}},
	"a repeated release takes back a run each time": {20, func(b *broken) {
		less := map[key]int{}
		b.claim = func(ctx context.Context, k key, owner string, h hold) (claim, error) {
			c, err := b.Memory.Claim(ctx, k, owner, h)
			c.Run -= less[k]
			return c, err
		}
		b.release = func(ctx context.Context, c claim) error {
			if _, first := b.since("%d", c.Token); !first && c.Unused {
				less[c.Key]++
			}
			return b.Memory.Release(ctx, c)
		}
	}},
	"a long id that fits is refused": {19, func(b *broken) {
		b.claim = func(ctx context.Context, k key, owner string, h hold) (claim, error) {
			if len(k.ID) == 256 {
				return claim{}, dedupe.ErrKey
			}
			return b.Memory.Claim(ctx, k, owner, h)
		}
	}},
}
