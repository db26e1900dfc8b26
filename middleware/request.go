package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

var (
	errClosing  = errors.New("middleware: shutting down")
	errMethod   = errors.New("middleware: not a verb that the provider uses")
	errEncoded  = errors.New("middleware: the body has a Content-Encoding")
	errNoTenant = fmt.Errorf("middleware: no tenant: %w", verify.ErrNoSecrets)
	errTooOld   = errors.New("middleware: the event is older than Options.MaxAge")
)

// request is one attempt of the provider's, on its way from arrival to answer.
type request struct {
	*Receiver
	w       http.ResponseWriter
	r       *http.Request
	arrived time.Time
	event   events.Event
	record  Record
}

// receive is the whole life of a request.
func (rc *Receiver) receive(do work) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := &request{Receiver: rc, w: w, r: r, arrived: time.Now()}
		q.record = Record{Provider: rc.provider.Name, SecretIndex: -1}
		setReadDeadline(w, q.arrived.Add(rc.opts.ReadTimeout))
		a := q.open()
		if a == nil {
			a = q.run(do)
		}
		q.send(a)
		rc.opts.Observe(q.r.Context(), q.note(a))
		if a.panicked != nil {
			panic(a.panicked)
		}
	})
}

// open turns the request into an event, or says why it is refused. What the headers show is judged before the body is
// read, and the body before anything is remembered of it.
func (q *request) open() *answer {
	if q.closing.Load() {
		return refuse(Unavailable, errClosing)
	}
	if !q.opts.allows(q.r.Method) {
		return refuse(WrongMethod, errMethod)
	}
	for coding := range strings.SplitSeq(strings.Join(q.r.Header.Values("Content-Encoding"), ","), ",") {
		if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
			return refuse(Encoded, errEncoded)
		}
	}
	if err := q.provider.Scheme.Precheck(q.r.Header); err != nil {
		return refuse(Unsigned, err)
	}
	body, err := readBody(q.w, q.r, q.opts.MaxBody)
	switch {
	case errors.Is(err, errTooLarge):
		return refuse(TooLarge, err)
	case errors.Is(err, errSlowBody):
		return refuse(SlowBody, err)
	case err != nil:
		return refuse(Malformed, err)
	}
	q.record.Size = len(body)
	secrets, a := q.lookUp()
	if a != nil {
		if a.outcome == Unsigned { // it must take as long as a bad signature, or it tells who is a tenant
			_, _ = q.provider.Scheme.Verify([]verify.Secret{q.decoy}, q.r.Header, body)
		}
		return a
	}
	return q.verify(secrets, body)
}

// lookUp asks whose request this is and for their secrets.
func (q *request) lookUp() ([]verify.Secret, *answer) {
	ctx := q.r.Context()
	if q.opts.Tenant != nil {
		q.record.Tenant = q.opts.Tenant(q.r)
		if q.record.Tenant == "" {
			return nil, refuse(Unsigned, errNoTenant)
		}
		ctx = context.WithValue(ctx, tenantKey{}, q.record.Tenant)
		q.r = q.r.WithContext(ctx)
	}
	ctx, cancel := context.WithDeadline(ctx, q.arrived.Add(q.budget))
	defer cancel()
	secrets, err := q.secrets.Secrets(ctx)
	switch {
	case errors.Is(err, verify.ErrNoSecrets), err == nil && len(secrets) == 0:
		return nil, refuse(Unsigned, verify.ErrNoSecrets) // an unknown tenant must look like a bad signature
	case err != nil:
		return nil, refuse(Unavailable, fmt.Errorf("middleware: secrets: %w", err))
	}
	return secrets, nil
}

// verify checks the signature and reads the envelope.
func (q *request) verify(secrets []verify.Secret, body []byte) *answer {
	start := time.Now()
	e, matched, err := q.provider.Open(secrets, q.r.Header, body)
	q.record.Verify = time.Since(start)
	switch {
	case matched < 0 && (errors.Is(err, verify.ErrEmptySecret) || errors.Is(err, verify.ErrSecretForm)):
		return refuse(Unavailable, err) // our fault, not the sender's: it must come again
	case matched < 0:
		return refuse(Unsigned, err)
	}
	q.record.SecretIndex = matched
	if err != nil {
		return refuse(Malformed, err)
	}
	e.Raw, e.Header = body, q.r.Header // whatever the codec says
	q.event, q.record.EventID, q.record.EventType = e, e.ID, e.Type
	if q.opts.MaxAge > 0 && time.Since(e.Time) > q.opts.MaxAge {
		return refuse(Unsigned, errTooOld)
	}
	return nil
}

// note completes the record of the request.
func (q *request) note(a *answer) Record {
	r := q.record
	r.Outcome, r.Status, r.Err, r.Took = a.outcome, a.status, a.err, time.Since(q.arrived)
	r.unsettled = a.unsettled
	if a.err != nil {
		r.Reason = strings.ReplaceAll(a.err.Error(), "\n", "; ") // of joined errors
	}
	if scheme, ok := q.provider.Scheme.(verify.HMAC); ok && (errors.Is(a.err, verify.ErrMissing) || errors.Is(a.err, verify.ErrMalformed)) {
		r.Reason += ", in " + scheme.Header // a provider whose header is not known for sure has it elsewhere, perhaps
	}
	return r
}
