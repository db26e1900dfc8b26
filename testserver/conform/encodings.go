package conform

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"sync"
)

// encodings is what the bytes of a body may be, all of them signed.
var encodings = []Check{
	{
		ID: "ENC-01", Level: Must, Sent: "letters and an emoji in UTF-8", Want: "2xx, and one effect",
		Why: "who verifies characters instead of bytes gets other bytes",
		run: func(t *trial) { t.taken(t.noted("Grüße aus Łódź 🚀 漢字")) },
	},
	{
		ID: "ENC-02", Level: Must, Sent: `escapes that JSON does not need: \/, \u00e9, \u2028`, Want: "2xx, and one effect",
		Why: "JSON that is read and written again has lost them, and with them the signature",
		run: func(t *trial) { t.taken(t.noted(`https:\/\/example.com\/caf\u00e9\u2028`)) },
	},
	{
		ID: "ENC-03", Level: Must, Sent: "CRLF and tabs between members, and a line feed at the end", Want: "2xx, and one effect",
		Why: "readers that trim, or change line ends, change what was signed",
		run: func(t *trial) {
			t.taken(t.altered(func(body []byte) []byte {
				return append(bytes.Replace(body, []byte("{"), []byte("{\r\n\t"), 1), "\r\n"...)
			}))
		},
	},
	{
		ID: "ENC-04", Level: Shown, Sent: "a byte-order mark before the JSON", Want: "2xx or 400",
		Why: "the signature is right, and only the JSON is odd: 401 would send an operator the wrong way",
		run: func(t *trial) {
			t.either(t.send(t.altered(func(body []byte) []byte { return append([]byte("\xef\xbb\xbf"), body...) })), http.StatusBadRequest)
		},
	},
	{
		ID: "ENC-05", Level: Must, Sent: "bytes in a string that are no UTF-8", Want: "2xx or 400, and it goes on",
		Why: "decoders throw",
		run: func(t *trial) { t.either(t.send(t.noted("caf\xe9 \xff\xfe")), http.StatusBadRequest) },
	},
	{
		ID: "ENC-07", Level: Must, Sent: "Content-Encoding: gzip and a body that is gzip, signed as it is sent", Want: "2xx or 415",
		Why: "a receiver that cannot inflate should say so, and one that can must verify what was sent",
		run: func(t *trial) {
			m := t.altered(zipped)
			m.add("Content-Encoding", "gzip")
			t.either(t.send(m), http.StatusUnsupportedMediaType, http.StatusBadRequest)
		},
	},
	{
		ID: "ENC-08", Level: Must, Sent: "Content-Encoding: gzip and a body that is JSON", Want: "2xx or 415",
		Why: "an inflater that is not told so throws",
		run: func(t *trial) {
			m := t.valid()
			m.add("Content-Encoding", "gzip")
			t.either(t.send(m), http.StatusUnsupportedMediaType, http.StatusBadRequest)
		},
	},
	{
		ID: "ENC-09", Level: Should, Sent: "100 KiB of gzip that inflate to 100 MiB", Want: "415, 413 or 400 in time, and it goes on",
		Why:   "a limit on what is sent is no limit on what becomes of it",
		needs: needLimit,
		run: func(t *trial) {
			m := t.raw(string(bomb()))
			m.add("Content-Encoding", "gzip")
			t.rejected(t.send(m), http.StatusUnsupportedMediaType, http.StatusRequestEntityTooLarge, http.StatusBadRequest)
		},
	},
	{
		ID: "ENC-10", Level: Should, Sent: "a member twice, with two values", Want: "400",
		Why: "of two readers one takes the first and one the last: what was verified is not what is done",
		run: func(t *trial) {
			t.rejected(t.send(t.altered(func(body []byte) []byte { return withMember(withMember(body, `"sim_note":1`), `"sim_note":2`) })),
				http.StatusBadRequest)
		},
	},
}

// noted is a new delivery with a member that holds some text, written as JSON already.
func (t *trial) noted(text string) *message {
	return t.altered(func(body []byte) []byte { return withMember(body, `"sim_note":"`+text+`"`) })
}

// bomb is 100 KiB of gzip that inflate to an object of 100 MiB. It is made once: that takes half a second.
var bomb = sync.OnceValue(func() []byte {
	zeros := bytes.Repeat([]byte("0"), 1<<20)
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(`{"note":"`)) // to memory
	for range 100 {
		_, _ = w.Write(zeros)
	}
	_, _ = w.Write([]byte(`"}`))
	_ = w.Close()
	return b.Bytes()
})

func zipped(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body) // to memory
	_ = w.Close()
	return b.Bytes()
}
