package conform

import (
	"net/http"
	"strings"
)

// headers is what else the headers may hold.
var headers = []Check{
	{
		ID: "HDR-01", Level: Must, Sent: "no id", Want: "400, and no effect",
		Why:   "without it a repeat cannot be told from a new event; whoever removes it would have the work done again",
		needs: needHeaderID,
		run: func(t *trial) {
			m := t.valid()
			m.del(t.idHeader)
			t.refused(m, http.StatusBadRequest, unauthorized)
		},
	},
	{
		ID: "HDR-02", Level: Must, Sent: "two ids", Want: "400; or 2xx, and one effect in all",
		Why:   "of two readers one takes the first and one the last",
		needs: needHeaderID | needFreeID,
		run: func(t *trial) {
			first, second := t.valid(), t.valid()
			both := first.clone()
			both.add(t.idHeader, second.id)
			a := t.send(both)
			t.either(a, http.StatusBadRequest)
			if t.target.Effects == nil {
				return
			}
			want := 0
			if a.Status <= 299 {
				want = 1
			}
			n := t.effectsOf(first.id, want) + t.countEffects(second.id)
			for _, comma := range []string{",", ", "} { // as proxies join them, and some frameworks
				n += t.countEffects(first.id + comma + second.id)
			}
			if n != want {
				t.failed("answered %v, and the effect happened %s", a, times(n))
			}
		},
	},
	{
		ID: "HDR-03", Level: Must, Sent: "ids of 8 KiB, with quotes, with %00, with ../, with SQL", Want: "400 or 2xx, and it goes on",
		Why:   "ids become keys, and names of files",
		needs: needHeaderID | needFreeID,
		run: func(t *trial) {
			for _, id := range []string{strings.Repeat("x", 8<<10), `"'` + "`", "%00", "../../etc/passwd", "x'; DROP TABLE events; --"} {
				m := t.valid()
				m.set(t.idHeader, id)
				t.either(t.send(m), http.StatusBadRequest, http.StatusRequestHeaderFieldsTooLarge)
			}
		},
	},
	{
		ID: "HDR-04", Level: Must, Sent: "the signature with spaces and tabs around it", Want: "2xx, and one effect",
		Why: "white space around a value is not part of it",
		run: func(t *trial) {
			m := t.valid()
			m.set(t.signatureHeader(), " \t "+m.get(t.signatureHeader())+" \t ")
			t.taken(m)
		},
	},
	{
		ID: "HDR-05", Level: Should, Sent: "the signature over two lines", Want: "401 or 400",
		Why: "that form is forbidden since RFC 7230, and readers differ in what becomes of it",
		run: func(t *trial) {
			m := t.valid()
			value := m.get(t.signatureHeader())
			m.set(t.signatureHeader(), value[:len(value)/2]+"\r\n "+value[len(value)/2:])
			t.refused(m, unauthorized, http.StatusBadRequest)
		},
	},
	{
		ID: "HDR-06", Level: Must, Sent: "a valid delivery and a forged one, both with X-Forwarded-For, -Host, -Proto and X-Original-URL", Want: "2xx, and 401",
		Why: "anybody can write them",
		run: func(t *trial) {
			good, bad := t.valid(), t.valid()
			bad.del(t.signatureHeader())
			for _, m := range []*message{good, bad} {
				m.lines = append(m.lines,
					line{"X-Forwarded-For", "127.0.0.1"}, line{"X-Real-IP", "127.0.0.1"}, line{"X-Forwarded-Host", "localhost"},
					line{"X-Forwarded-Proto", "https"}, line{"X-Original-URL", "/admin"})
			}
			t.taken(good)
			t.refused(bad, unauthorized)
		},
	},
	{
		ID: "HDR-08", Level: Should, Sent: "an event's id in small letters, and then in capitals", Want: "2xx both times; one effect or two",
		Why:   "a UUID is the same in either case, and another text",
		needs: needHeaderID | needFreeID | needEffects,
		run: func(t *trial) {
			m := t.valid()
			t.taken(m)
			capitals := m.clone()
			capitals.set(t.idHeader, strings.ToUpper(m.id))
			t.accepted(t.send(capitals))
			t.sleep(settle)
			n := t.countEffects(m.id)
			if strings.ToUpper(m.id) != m.id {
				n += t.countEffects(strings.ToUpper(m.id))
			}
			if n > 2 {
				t.failed("the effect happened %s", times(n))
			}
		},
	},
}
