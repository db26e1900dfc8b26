package conform

import (
	"bytes"
	"crypto/hmac"
	crand "crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// event is a new one of the kind that the receiver handles.
func (p *probe) event() events.Event { return p.unique(p.target.Event) }

// unique is an event that was never sent: its id, its time and each UUID in its data are new. Where the provider sends no
// id, and no UUID makes the body another one, a member does.
func (p *probe) unique(e events.Event) events.Event {
	codec := p.target.Provider.Codec
	e.ID = newID()
	if codec.TimeField() != (events.Field{}) {
		e.Time = p.now().UTC().Truncate(time.Second)
	}
	fresh := aUUID.ReplaceAllStringFunc(string(e.Data), func(string) string { return newID() })
	if codec.IDField().Derived() && fresh == string(e.Data) {
		fresh = string(withMember([]byte(fresh), `"sim_id":"`+e.ID+`"`))
	}
	e.Data = json.RawMessage(fresh)
	return e
}

var aUUID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// newID is a UUID of version 4.
func newID() string {
	var b [16]byte
	_, _ = crand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// withMember is a JSON object with one more member, written as JSON.
func withMember(object []byte, member string) []byte {
	end := bytes.LastIndexByte(object, '}')
	if end < 0 {
		return object
	}
	comma := ","
	if strings.TrimSpace(string(object[:end])) == "{" {
		comma = ""
	}
	return slices.Concat(object[:end], []byte(comma+member), object[end:])
}

// seal is the request that brings an event.
func (p *probe) seal(secret verify.Secret, e events.Event, at time.Time) (*message, error) {
	h, body, err := p.target.Provider.Seal(secret, e, at)
	if err != nil {
		return nil, err
	}
	m := p.request(h, body)
	if read, err := p.target.Provider.Codec.Open(h, body); err == nil {
		m.id = read.ID
	}
	return m, nil
}

// request is a request as a provider writes it.
func (p *probe) request(h http.Header, body []byte) *message {
	m := &message{method: p.target.Provider.Verb(), target: p.wire.url.RequestURI(), proto: "HTTP/1.1", body: body, declare: -1}
	m.add("Host", p.wire.url.Host)
	m.add("User-Agent", "hookmitt-conform")
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			m.add(name, value)
		}
	}
	return m
}

// resealed is a request with another body, signed as the first one was.
func (t *trial) resealed(m *message, body []byte) *message {
	e := t.event()
	e.Raw = body
	if t.idHeader != "" {
		e.ID = m.get(t.idHeader)
	}
	sealed := t.sealed(e)
	if sealed.id == "" && t.idHeader != "" {
		sealed.id = e.ID
	}
	return sealed
}

// altered is a new delivery whose body, signed, is another than it would be.
func (t *trial) altered(change func(body []byte) []byte) *message {
	m := t.valid()
	return t.resealed(m, change(m.body))
}

// raw is a new delivery with that body, signed.
func (t *trial) raw(body string) *message {
	return t.altered(func([]byte) []byte { return []byte(body) })
}

// digest is the signature's digest as it is written in a request of ours.
func (t *trial) digest(m *message) string {
	signed, ok := verify.SignedBytes(t.target.Provider.Scheme, m.header(), m.body)
	if !ok {
		t.skip("what is signed is not known")
	}
	digest := t.mac(t.target.Secret, *t.hmac, signed)
	if !strings.Contains(m.get(t.sigName), digest) {
		t.skip("the signature is not found in its header")
	}
	return digest
}

// mac is a digest of some bytes, written as the provider writes digests.
func (t *trial) mac(secret verify.Secret, scheme verify.HMAC, signed []byte) string {
	scheme.Header, scheme.Form, scheme.Signed, scheme.Timestamp = "Digest", verify.Form{}, nil, verify.Source{}
	h := http.Header{}
	t.must(scheme.Sign(secret, h, signed, t.now()))
	return h.Get("Digest")
}

// keyless is a digest under a key that everybody has.
func (t *trial) keyless(key string, signed []byte) string {
	mac := hmac.New(t.hmac.Hash.New, []byte(key))
	_, _ = mac.Write(signed)
	if t.hmac.Encoding == verify.Base64 {
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// resigned is a request whose digest is another.
func (t *trial) resigned(m *message, digest string) *message {
	other := m.clone()
	other.set(t.sigName, strings.Replace(m.get(t.sigName), t.digest(m), digest, 1))
	return other
}

// signedBytes are what a request's signature is made of.
func (t *trial) signedBytes(m *message) []byte {
	signed, ok := verify.SignedBytes(t.target.Provider.Scheme, m.header(), m.body)
	if !ok {
		t.skip("what is signed is not known")
	}
	return signed
}

// entry is the part of the signature header that is one signature: all of it, where there can be but one.
func (t *trial) entry(m *message) string {
	digest, value := t.digest(m), m.get(t.sigName)
	separator := t.hmac.Form.Separator()
	if separator == "" {
		return value
	}
	for one := range strings.SplitSeq(value, separator) {
		if strings.Contains(one, digest) {
			return one
		}
	}
	return value
}

// beside is a request with another signature, of the same form, before its own or after it.
func (t *trial) beside(m *message, digest string, before bool) *message {
	own := t.entry(m)
	other := strings.Replace(own, t.digest(m), digest, 1)
	both := own + t.hmac.Form.Separator() + other
	if before {
		both = other + t.hmac.Form.Separator() + own
	}
	two := m.clone()
	two.set(t.sigName, strings.Replace(m.get(t.sigName), own, both, 1))
	return two
}
