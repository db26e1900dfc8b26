package verify

import (
	"crypto"
	"crypto/fips140"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// requestChange undoes mistakes of the signature header. scheme is nil where the scheme stays as it is.
type requestChange struct {
	scheme   Scheme
	header   http.Header
	findings []Finding
}

// requestChanges are the header as it is, and with up to two mistakes undone.
func requestChanges(s Scheme, h http.Header) []requestChange {
	all := []requestChange{{header: h}}
	frame, ok := frameOf(s)
	if !ok {
		return all
	}
	kinds := []func(HMAC, requestChange) []requestChange{oneHeader, trimmed, prefixes}
	if _, ok := s.(HMAC); ok {
		kinds = append(kinds, hashes, encodings, milliseconds, bodyAlone)
	}
	for _, kind := range kinds {
		for _, before := range all {
			if len(before.findings) == 2 {
				continue
			}
			scheme := frame
			if changed, ok := before.scheme.(HMAC); ok {
				scheme = changed
			}
			for _, after := range kind(scheme, before) {
				after.findings = append(before.findings[:len(before.findings):len(before.findings)], after.findings...)
				if after.scheme == nil {
					after.scheme = before.scheme
				}
				all = append(all, after)
			}
		}
	}
	return all
}

// with is the header with another signature.
func with(h http.Header, name, value string) http.Header {
	changed := maps.Clone(h)
	changed.Set(name, value)
	return changed
}

func oneHeader(s HMAC, r requestChange) (changes []requestChange) {
	all := values(r.header, s.Header)
	if len(all) < 2 {
		return nil
	}
	for i, value := range all[:min(len(all), maxEntries)] {
		changes = append(changes, requestChange{header: with(r.header, s.Header, value), findings: []Finding{{
			HeaderDoubled, fmt.Sprintf("%s is there %d times, and number %d is right", s.Header, len(all), i+1),
		}}})
	}
	return changes
}

func trimmed(s HMAC, r requestChange) []requestChange {
	value := r.header.Get(s.Header)
	if clean := strings.Trim(value, " \t\r\n\"'"); clean != value { //constanttime:public the request's own
		return []requestChange{{header: with(r.header, s.Header, clean), findings: []Finding{{
			HeaderSpace, "white space or quotes stand around the signature in " + s.Header,
		}}}}
	}
	return nil
}

func prefixes(s HMAC, r requestChange) (changes []requestChange) {
	if s.Form.kind != bare {
		return nil
	}
	value, prefix := r.header.Get(s.Header), s.Form.prefix
	rest, has := strings.CutPrefix(value, prefix)
	if prefix != "" && strings.HasPrefix(rest, prefix) && has { //constanttime:public the request's own
		changes = append(changes, requestChange{header: with(r.header, s.Header, rest), findings: []Finding{{
			PrefixTwice, fmt.Sprintf("%q stands before the signature twice", prefix),
		}}})
	}
	if prefix != "" && !has {
		changes = append(changes, requestChange{header: with(r.header, s.Header, prefix+value), findings: []Finding{{
			PrefixMissing, fmt.Sprintf("the signature does not begin with %q, as the scheme asks for", prefix),
		}}})
	}
	if extra, digits, ok := strings.Cut(rest, "="); ok && strings.Trim(digits, "=") != "" {
		text := "the signature begins with a prefix that the scheme does not know"
		if slices.Contains([]string{"sha1", "sha256", "sha512", "v0", "v1", "signature"}, extra) { //constanttime:public others may be anything, a digest say
			text = fmt.Sprintf("the signature begins with %q, which the scheme does not know", extra+"=")
		}
		changes = append(changes, requestChange{header: with(r.header, s.Header, prefix+digits), findings: []Finding{{PrefixExtra, text}}})
	}
	return changes
}

func hashes(s HMAC, r requestChange) (changes []requestChange) {
	for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA512} {
		if hash == s.Hash || hash == crypto.SHA1 && fips140.Enforced() {
			continue
		}
		other := s
		other.Hash = hash
		changes = append(changes, requestChange{scheme: other, header: r.header, findings: []Finding{{
			OtherHash, fmt.Sprintf("it is signed with %v, and the scheme has %v", hash, s.Hash),
		}}})
	}
	return changes
}

func encodings(s HMAC, r requestChange) []requestChange {
	other, text := s, "the signature is in base64, and the scheme has hex"
	other.Encoding = Base64
	if s.Encoding == Base64 {
		other.Encoding, text = Hex, "the signature is in hex, and the scheme has base64"
	}
	return []requestChange{{scheme: other, header: r.header, findings: []Finding{{OtherEncoding, text}}}}
}

// milliseconds takes the timestamp as it is, which Verify refuses to read, and signs it so.
func milliseconds(s HMAC, r requestChange) []requestChange {
	text := r.header.Get(s.Timestamp.header)
	if s.Timestamp.inside {
		for entry := range strings.SplitSeq(r.header.Get(s.Header), s.Form.sep) {
			if stamp, ok := strings.CutPrefix(entry, s.Form.time); ok {
				text = stamp
			}
		}
	}
	if len(text) != len("1700000000000") || strings.Trim(text, "0123456789") != "" {
		return nil
	}
	other := s
	other.Timestamp, other.Form.time, other.Signed = Source{}, "", nil
	for _, p := range s.Signed {
		if p.kind == partTimestamp {
			p = Text(text)
		}
		other.Signed = append(other.Signed, p)
	}
	return []requestChange{{scheme: other, header: r.header, findings: []Finding{{
		Milliseconds, "the timestamp is in milliseconds, and the scheme's is in seconds",
	}}}}
}

func bodyAlone(s HMAC, r requestChange) []requestChange {
	if s.Signed == nil {
		return nil
	}
	other := s
	other.Signed = nil
	return []requestChange{{scheme: other, header: r.header, findings: []Finding{{
		BodyAlone, "the body alone is signed, and the scheme signs more with it",
	}}}}
}
