package hookmitt_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// FuzzOpen opens whatever a stranger may send. It must not panic, must not verify what was not signed, and must read
// what was signed the same way twice.
func FuzzOpen(f *testing.F) {
	f.Add("", "", []byte(nil))
	f.Add("8106e92cd225d4e5cc53eb389604edd90771bfcd", uuid, []byte(`{"event":"instance.created"}`))
	f.Add("00", "\x00", []byte(`{"id":"evt_1","type":"server.started","data":{}}`))
	secret := verify.NewSecret("test-secret")
	f.Fuzz(func(t *testing.T, signature, id string, body []byte) {
		for name, p := range builtIn() {
			header := p.Scheme.(verify.HMAC).Header
			stranger := http.Header{header: {signature}, "X-Civo-Event": {id}}
			if _, _, err := p.Open([]verify.Secret{secret}, stranger, body); err == nil {
				t.Fatalf("%s: a signature that nobody made verifies: %q", name, signature)
			}
			h, sent, err := p.Seal(secret, events.Event{ID: id, Raw: body}, time.Now())
			if err != nil || body == nil {
				continue // an id that cannot be sent
			}
			if !bytes.Equal(sent, body) {
				t.Fatalf("%s: raw bytes were changed", name)
			}
			first, _, err1 := p.Open([]verify.Secret{secret}, h, sent)
			second, _, err2 := p.Open([]verify.Secret{secret}, h, sent)
			if (err1 == nil) != (err2 == nil) || first.ID != second.ID || first.Type != second.Type {
				t.Fatalf("%s: two readings: %v %v, %v %v", name, first, err1, second, err2)
			}
		}
	})
}
