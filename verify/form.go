package verify

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
)

const (
	maxEntries = 16   // signatures in one header; a rotation needs two
	maxHeader  = 4096 // bytes of a signature header; sixteen SHA-512 digests in hex are 2 KiB
	maxDigest  = 64   // bytes, of SHA-512
)

// Encoding is how a digest's bytes are written.
type Encoding uint8

const (
	Hex    Encoding = iota // Written in lower case, read in either.
	Base64                 // The standard alphabet, padded.
)

// strictBase64 refuses trailing bits that are not zero, so that a digest has one spelling.
var strictBase64 = base64.StdEncoding.Strict()

func (e Encoding) encode(digest []byte) string {
	if e == Base64 {
		return strictBase64.EncodeToString(digest)
	}
	return hex.EncodeToString(digest)
}

// decode reads text, which must be exactly as long as size bytes are when written.
func (e Encoding) decode(text string, size int, d *digest) error {
	d.size = size
	if e == Base64 {
		if len(text) != strictBase64.EncodedLen(size) {
			return errLength
		}
		var buf [maxDigest + 2]byte // base64 decodes in threes
		var src [2 * maxDigest]byte
		n, err := strictBase64.Decode(buf[:], src[:copy(src[:], text)])
		if err != nil || n != size {
			return errDigits
		}
		copy(d.bytes[:], buf[:n])
		return nil
	}
	if len(text) != 2*size {
		return errLength
	}
	for i := range size {
		high, low := nibble(text[2*i]), nibble(text[2*i+1])
		if high > 15 || low > 15 {
			return errDigits
		}
		d.bytes[i] = high<<4 | low
	}
	return nil
}

// spells reports whether text could stand in a digest.
func (e Encoding) spells(text string) bool {
	alphabet := "0123456789abcdefABCDEF"
	if e == Base64 {
		alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
	}
	return strings.Trim(text, alphabet) == ""
}

func nibble(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// digest is one that a request claims. The first field takes == away from it: equal is the only comparison.
type digest struct {
	_     [0]func()
	bytes [maxDigest]byte
	size  int
}

// equal is 1 if the digest is mac, else 0, in a time that does not depend on either.
func (d *digest) equal(mac []byte) int {
	if hmac.Equal(d.bytes[:d.size], mac) {
		return 1
	}
	return 0
}

// Form is how signatures stand in the header. The zero Form is Bare("").
type Form struct {
	kind              formKind
	sep, prefix, time string
}

type formKind uint8

const (
	bare formKind = iota
	list
	pairs
)

// Bare is one digest after a prefix: "sha256=9f…" is Bare("sha256="), Civo's is Bare("").
func Bare(prefix string) Form { return Form{kind: bare, prefix: prefix} }

// List is up to 16 entries with sep between them, of which those that begin with prefix count: "v1,K3… v1,x9… v2,…"
// is List(" ", "v1,"). Other versions are skipped; an entry that is no digest never matches.
func List(sep, prefix string) Form { return Form{kind: list, sep: sep, prefix: prefix} }

// Pairs is up to 16 entries of name=value with sep between them: "t=1700000000,v1=9f…,v1=04…" is Pairs(",", "t", "v1").
// Other names are skipped. timeName may be empty where the scheme has no timestamp here.
func Pairs(sep, timeName, sigName string) Form {
	f := Form{kind: pairs, sep: sep, prefix: sigName + "="}
	if timeName != "" {
		f.time = timeName + "="
	}
	return f
}

// Separator is what stands between the entries of a header that may have several. "" if it has one.
func (f Form) Separator() string { return f.sep }

// validate refuses what Sign could write and Verify not read: e's alphabet must not be able to spell the separator.
func (f Form) validate(e Encoding) error {
	switch {
	case f.kind != bare && f.sep == "":
		return errors.New("verify: HMAC.Form needs a separator")
	case f.kind == list && f.prefix == "":
		return errors.New("verify: HMAC.Form needs the prefix of the entries that count")
	case f.kind == pairs && (f.prefix == "=" || f.prefix == f.time): //constanttime:public names
		return errors.New("verify: HMAC.Form needs a name for the signature, other than the timestamp's")
	case f.kind == pairs && (strings.Count(f.prefix, "=") > 1 || strings.Count(f.time, "=") > 1):
		return errors.New("verify: HMAC.Form has a name with = in it")
	case f.kind != bare && (strings.Contains(f.prefix, f.sep) || strings.Contains(f.time, f.sep) || e.spells(f.sep)): //constanttime:public names
		return errors.New("verify: HMAC.Form's separator is also part of the entries")
	}
	return nil
}

func (f Form) write(digest, timestamp string) string {
	if f.time != "" {
		return f.time + timestamp + f.sep + f.prefix + digest
	}
	return f.prefix + digest
}

// read takes the digests, and the timestamp if it stands here, out of a header's value.
func (f Form) read(value string, e Encoding, size int, c *claim) error {
	if f.kind == bare {
		text, ok := strings.CutPrefix(value, f.prefix)
		if !ok {
			return errPrefix
		}
		c.count = 1
		return e.decode(text, size, &c.entries[0])
	}
	known, timed, broken := 0, false, errNoVersion
	for n, rest, more := 0, value, true; more; n++ {
		if n == maxEntries {
			return errTooMany
		}
		var entry string
		entry, rest, more = strings.Cut(rest, f.sep)
		if text, ok := strings.CutPrefix(entry, f.time); ok && f.time != "" {
			if timed {
				return errTimeDoubled
			}
			c.timestamp, timed = text, true
			continue
		}
		text, ok := strings.CutPrefix(entry, f.prefix)
		if !ok {
			continue // another version: its verifier's business
		}
		if err := e.decode(text, size, &c.entries[known]); err != nil {
			broken = err // cannot match, but another entry may
			continue
		}
		known++
	}
	if known == 0 {
		return broken
	}
	c.count = known
	return nil
}
