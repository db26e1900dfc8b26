package conform_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// patience is how long the receiver waits for a body.
const patience = 10 * time.Second

// read is a request's body, or the status of what is wrong with it.
func (r *receiver) read(w http.ResponseWriter, req *http.Request) ([]byte, int) {
	control := http.NewResponseController(w)
	if !r.has("waits for a body for ever") {
		_ = control.SetReadDeadline(time.Now().Add(patience))
	}
	limit := r.limit
	if r.has("has no limit") || r.has("reads all that strangers send") || req.ContentLength < 0 && r.has("believes Content-Length") {
		limit = 1 << 40
	}
	var body []byte
	var err error
	if r.has("reads once") {
		piece := make([]byte, limit)
		n, _ := req.Body.Read(piece)
		body = piece[:n]
	} else {
		body, err = io.ReadAll(io.LimitReader(req.Body, limit+1))
	}
	if err == nil {
		_ = control.SetReadDeadline(time.Time{})
	}
	switch {
	case err != nil && r.has("takes a body that broke off"):
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return nil, http.StatusRequestTimeout
	case err != nil:
		return nil, http.StatusBadRequest
	case int64(len(body)) > limit, int64(len(body)) == limit && r.has("takes less than its limit"):
		return nil, r.tooLong()
	}
	return body, r.inflate(req, body)
}

func (r *receiver) tooLong() int {
	if r.has("answers 400 to what is too long") {
		return http.StatusBadRequest
	}
	return http.StatusRequestEntityTooLarge
}

// inflates reports whether the receiver's flaw is in what it makes of gzip.
func (r *receiver) inflates() bool {
	return r.has("throws on gzip") || r.has("throws on what is not the gzip that it says") || r.has("runs out of memory when it inflates")
}

func (r *receiver) inflate(req *http.Request, body []byte) int {
	if req.Header.Get("Content-Encoding") == "" || !r.inflates() {
		return 0
	}
	r.throws("throws on gzip")
	inflater, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		r.throws("throws on what is not the gzip that it says")
		return http.StatusBadRequest
	}
	if n, _ := io.Copy(io.Discard, inflater); n > 64<<20 { //nolint:gosec // that is the flaw
		r.throws("runs out of memory when it inflates")
	}
	return http.StatusUnsupportedMediaType
}

// event is what the receiver makes of a body.
type event struct {
	id, typ string
	members map[string]any
	raw     []byte
	signed  string // the signature
}

var errTwice = errors.New("a member is there twice")

// parse is a body's object, read so that no other reader can think of it differently.
func (r *receiver) parse(body []byte) (map[string]any, error) {
	if !utf8.Valid(body) {
		r.throws("throws on what is no UTF-8")
		return nil, errors.New("no UTF-8")
	}
	if bytes.HasPrefix(body, []byte("\xef\xbb\xbf")) {
		r.throws("throws on a byte-order mark")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	value, err := r.value(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) && !r.has("reads the first JSON value alone") {
		return nil, errors.New("something comes behind the value")
	}
	members, ok := value.(map[string]any)
	if !ok {
		r.throws("throws on JSON that is no object")
		return nil, errors.New("no object")
	}
	return members, nil
}

// value is the next JSON value.
func (r *receiver) value(d *json.Decoder, depth int) (any, error) {
	if depth > 100 {
		r.throws("throws on deep JSON")
		return nil, errors.New("too deep")
	}
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	members, items := map[string]any{}, []any{}
	for d.More() {
		name := ""
		if delim == '{' {
			token, err := d.Token()
			if err != nil {
				return nil, err
			}
			name = token.(string)
			if _, ok := members[name]; ok && !r.has("takes the last of two members") {
				return nil, errTwice
			}
		}
		item, err := r.value(d, depth+1)
		if err != nil {
			return nil, err
		}
		if members[name] = item; delim == '[' {
			items = append(items, item)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if delim == '[' {
		return items, nil
	}
	return members, nil
}

// open is the event of a request that was verified, or the status of what is wrong with it.
func (r *receiver) open(req *http.Request, body []byte) (event, int) {
	e := event{raw: body, signed: req.Header.Get(r.dialect.signature)}
	var err error
	if e.members, err = r.parse(body); err != nil {
		switch {
		case len(body) == 0:
			r.throws("throws on an empty body")
		case strings.Contains(err.Error(), "EOF"):
			r.throws("throws on JSON that is cut off")
		}
		switch {
		case bytes.HasPrefix(body, []byte("\xef")) && r.has("takes a byte-order mark for a forgery"):
			return e, http.StatusUnauthorized
		case r.has("accepts what it cannot read"):
			return e, http.StatusOK
		case !r.has("does what it cannot read"):
			return e, http.StatusBadRequest
		}
		e.members = map[string]any{r.dialect.typ: r.handled}
	}
	if status := r.oddities(e); status != 0 {
		return e, status
	}
	e.typ, _ = r.find(req, e, r.dialect.typ)
	if e.typ == "" {
		r.throws("throws on events without a type")
		if !r.has("does events without a type") {
			return e, http.StatusBadRequest
		}
		e.typ = r.handled
	}
	var ok bool
	if e.id, ok = r.find(req, e, r.dialect.id); !ok {
		return e, http.StatusBadRequest
	}
	return e, 0
}

// oddities are flaws that have to do with members of which the receiver needs nothing.
func (r *receiver) oddities(e event) int {
	_, odd := e.members["sim_note"]
	_, proto := e.members["__proto__"]
	switch {
	case odd && r.has("refuses members that it does not know"):
		return http.StatusBadRequest
	case len(e.members) > 10_000 && r.has("reads members in quadratic time"):
		time.Sleep(2 * r.deadline)
	case proto && r.has("lets __proto__ into all objects"):
		r.dead.Store(true)
		return http.StatusOK
	case proto:
		r.throws("throws on __proto__")
	}
	for _, name := range []string{"resourceID", "payload"} {
		if value, ok := e.members[name]; ok && r.has("throws on members of other types") {
			_ = value.(string)
		}
	}
	return 0
}

// find is the text in a place of a request, and whether it can be an id.
func (r *receiver) find(req *http.Request, e event, place string) (string, bool) {
	var text string
	switch {
	case place == "": // none is sent
		sum := sha256.Sum256(e.raw)
		return hex.EncodeToString(sum[:]), true
	case isHeader(place):
		values := req.Header.Values(place)
		if len(values) == 0 && r.has("makes up an id that is missing") {
			return fmt.Sprint(time.Now().UnixNano()), true
		}
		if len(values) != 1 && !r.has("does the work for each of two ids") {
			return "", false
		}
		text = slices.Concat(values, []string{""})[0]
	default:
		text, _ = e.members[place].(string)
	}
	if len(text) > 256 {
		r.throws("throws on long ids")
		return "", false
	}
	if len(text) == 36 { // a UUID
		if text != strings.ToLower(text) && r.has("refuses ids in capitals") {
			return "", false
		}
		text = strings.ToLower(text)
	}
	return text, text != ""
}
