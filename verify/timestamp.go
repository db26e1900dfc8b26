package verify

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Source is where the time of signing travels. The zero Source: nowhere.
type Source struct {
	header string
	inside bool
}

// TimeHeader is a header of its own, in seconds since 1970.
func TimeHeader(name string) Source { return Source{header: name} }

// InSignature is the signature header itself, under the name that [Pairs] gives it.
func InSignature() Source { return Source{inside: true} }

func (s HMAC) validateTimestamp() error {
	inPairs := s.Form.time != ""
	if s.Timestamp == (Source{}) {
		if inPairs || s.Tolerance != 0 {
			return errors.New("verify: HMAC.Form or HMAC.Tolerance speaks of a timestamp, and HMAC.Timestamp says there is none")
		}
		return nil
	}
	switch {
	case s.Timestamp.inside != inPairs:
		return errors.New("verify: HMAC.Timestamp is InSignature exactly where HMAC.Form is Pairs with a name for it")
	case !s.Timestamp.inside && !isToken(s.Timestamp.header):
		return errors.New("verify: HMAC.Timestamp names no header")
	case sameHeader(s.Timestamp.header, s.Header):
		return errors.New("verify: HMAC.Timestamp and HMAC.Header are the same header")
	case s.Tolerance <= 0:
		return errors.New("verify: HMAC.Tolerance is needed to judge the timestamp")
	case !slices.Contains(s.Signed, Timestamp()) && (s.Timestamp.inside || !s.Covers(s.Timestamp.header)): //constanttime:public parts of a scheme
		return errors.New("verify: HMAC.Signed lacks Timestamp(): anybody could make an old request new")
	}
	return nil
}

// stamp writes the time of signing where the scheme has it, and returns the text that is signed.
func (s HMAC) stamp(h http.Header, at time.Time) (string, error) {
	if s.Timestamp == (Source{}) {
		return "", nil
	}
	text := strconv.FormatInt(at.Unix(), 10)
	if _, ok := seconds(text); !ok {
		return "", fmt.Errorf("verify: cannot sign: %v has no timestamp", at)
	}
	if s.Timestamp.header != "" {
		h.Set(s.Timestamp.header, text)
	}
	return text, nil
}

// maxDigits of a timestamp: enough until the year 33658, and milliseconds mistaken for seconds are stale, not huge.
const maxDigits = 12

// seconds reads a timestamp. Signs, spaces, fractions and other scripts' digits are refused: what is signed is the
// text, so there must be one reading of it.
func seconds(text string) (time.Time, bool) {
	if text == "" || len(text) > maxDigits {
		return time.Time{}, false
	}
	var n int64
	for i := range len(text) {
		c := text[i]
		if c < '0' || c > '9' {
			return time.Time{}, false
		}
		n = 10*n + int64(c-'0')
	}
	return time.Unix(n, 0), true
}

// within reports whether the timestamp is at most tolerance from now. Both sides: a stamp from the future would stay
// fresh for as long as its sender likes.
func within(timestamp string, tolerance time.Duration) bool {
	at, ok := seconds(timestamp)
	return ok && time.Since(at).Abs() <= tolerance
}
