package verify

import (
	"net/http"
	"slices"
)

// SignedBytes are the bytes of a request that its signature is made of, put together as the scheme does it: for a page
// that shows them, never to verify by. It reports false if the scheme is none of this package's, or if the headers do
// not hold what is signed.
func SignedBytes(s Scheme, h http.Header, body []byte) ([]byte, bool) {
	switch s := s.(type) {
	case HMAC:
		var c claim
		if s.read(h, &c) != nil {
			return nil, false
		}
		return s.message(h, c.timestamp, body), true
	case Ed25519:
		return SignedBytes(s.frame(), h, body)
	case anyOf:
		for _, one := range s {
			if signed, ok := SignedBytes(one, h, body); ok {
				return signed, true
			}
		}
	}
	return nil, false
}

// SignatureHeader is the name of the header that carries the signature of one of this package's schemes.
func SignatureHeader(s Scheme) (name string, ok bool) {
	switch s := s.(type) {
	case HMAC:
		return s.Header, true
	case Ed25519:
		return s.Header, true
	case anyOf:
		for _, one := range s {
			if name, ok := SignatureHeader(one); ok {
				return name, true
			}
		}
	}
	return "", false
}

// Each is the schemes of one that [AnyOf] made, or the scheme itself.
func Each(s Scheme) []Scheme {
	if all, ok := s.(anyOf); ok {
		return slices.Clone(all)
	}
	return []Scheme{s}
}
