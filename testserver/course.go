package testserver

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// course is how one attempt is to go: as the provider does it, but for what faults have changed.
type course struct {
	number   int
	event    events.Event
	endpoint *Endpoint
	sub      Subscription    // as it is now
	ends     context.Context // with the server, or at its reset
	faults   []string        // that happened

	delay    time.Duration // on the way, before anything else
	secret   verify.Secret
	wrongKey bool
	age      time.Duration // of the stamp
	unsigned bool
	freshID  bool
	pad      int  // bytes of the body, at least
	copies   int  // requests made of the attempt
	together bool // at once, not one after the other
	changes  []func(*outgoing)
}

// course is how the next attempt is to go. The server's mu is held.
func (d *Delivery) course(number int) *course {
	s, sub := d.endpoint.server, d.endpoint.sub
	c := &course{number: number, event: d.event, endpoint: d.endpoint, sub: sub, ends: s.ctx, secret: sub.Secret, copies: 1}
	c.unsigned = c.secret.IsZero() // the provider lets it be so
	may := func(f Fault, i int) {
		if f.happens(c, sync.OnceValue(func() *rand.Rand { return d.chance(number, i) })) {
			f.change(c)
			c.faults = append(c.faults, f.name)
		}
	}
	for i, f := range d.faults {
		may(f, i)
	}
	for _, a := range s.armed {
		may(a.fault, -a.number)
	}
	return c
}

// chance is a source of chance that depends on the seed, the delivery, the attempt and the fault, and on nothing else.
func (d *Delivery) chance(number, fault int) *rand.Rand {
	key := fmt.Sprintf("%d.%d.%d.%d", d.endpoint.server.seed, d.number, number, fault)
	return rand.New(rand.NewChaCha8(sha256.Sum256([]byte(key))))
}

// seal makes the request of a course.
func (s *Server) seal(c *course) (*outgoing, error) {
	p, event := s.provider, c.event
	if c.freshID {
		event.ID = newID(p.Codec.IDField())
	}
	header := http.Header{"Content-Type": {c.sub.ContentType}}
	body, err := p.Codec.Seal(event, header)
	if err != nil {
		return nil, err
	}
	if short := c.pad - len(body); short > 0 {
		body = append(slices.Clip(body), bytes.Repeat([]byte{' '}, short)...)
	}
	if !c.unsigned {
		secret := c.secret
		if c.wrongKey {
			secret = p.SecretOf("not the secret")
		}
		if err := p.Scheme.Sign(secret, header, body, time.Now().Add(-c.age)); err != nil {
			return nil, err
		}
	}
	out := &outgoing{method: c.sub.Method, header: header, body: body}
	for _, change := range c.changes {
		change(out)
	}
	_, out.verifyErr = p.Scheme.Verify([]verify.Secret{c.secret}, out.header, out.body)
	return out, nil
}
