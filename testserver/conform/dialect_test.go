package conform_test

import (
	"crypto/sha1" //nolint:gosec // it is what Civo signs by
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strings"
	"time"
)

// dialect is what a receiver knows of a provider, out of its documentation.
type dialect struct {
	signature string // the header
	hash      func() hash.Hash
	encode    func(digest []byte) string
	decode    func(text string) ([]byte, error)
	key       func(secret string) []byte
	prefix    string // of a signature
	separator string // between signatures; "" if there is but one
	id        string // a header; a member of the body if it is in small letters; "" if there is none
	typ       string // likewise
	time      string // a header; "" if there is none
	tolerance time.Duration
}

// dialects are those of the providers, by name.
var dialects = map[string]dialect{
	"civo": {
		signature: "X-Civo-Signature", hash: sha1.New, encode: hex.EncodeToString, decode: hex.DecodeString, key: asItIs,
		id: "X-Civo-Event", typ: "event",
	},
	"mixpost": {
		signature: "X-Signature", hash: sha256.New, encode: hex.EncodeToString, decode: hex.DecodeString, key: asItIs,
		typ: "event",
	},
	"cdhosting": {
		signature: "X-CDHosting-Signature", hash: sha256.New, encode: hex.EncodeToString, decode: hex.DecodeString, key: asItIs,
		id: "id", typ: "type",
	},
	"github": {
		signature: "X-Hub-Signature-256", hash: sha256.New, encode: hex.EncodeToString, decode: hex.DecodeString, key: asItIs, prefix: "sha256=",
		id: "X-GitHub-Delivery", typ: "X-GitHub-Event",
	},
	"standardwebhooks": {
		signature: "Webhook-Signature", hash: sha256.New, encode: base64.StdEncoding.EncodeToString, decode: base64.StdEncoding.DecodeString,
		key: ofBase64, prefix: "v1,", separator: " ",
		id: "Webhook-Id", typ: "type", time: "Webhook-Timestamp", tolerance: 5 * time.Minute,
	},
}

func asItIs(secret string) []byte { return []byte(secret) }

func ofBase64(secret string) []byte {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	return key
}

// isHeader reports whether a place is a header, and not a member of the body.
func isHeader(place string) bool { return place != "" && place != strings.ToLower(place) }
