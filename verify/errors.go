package verify

import (
	"errors"
	"fmt"
)

// What Verify, Precheck and Sign return. They are preallocated, so that refusing a forgery costs no memory, and each
// tells the operator why; the client is told nothing but 401.
var (
	ErrMissing     = errors.New("verify: no signature")
	ErrMalformed   = errors.New("verify: malformed signature")
	ErrMismatch    = errors.New("verify: signature does not match")
	ErrStale       = errors.New("verify: signed too long ago or in the future")
	ErrEmptySecret = errors.New("verify: empty secret")
	ErrSecretForm  = errors.New("verify: secret is not of the form the scheme asks for")
	ErrPublicKey   = errors.New("verify: a public key cannot sign")
	ErrNoSecrets   = errors.New("verify: no secrets") // from a [Secrets]: this tenant is not known
)

// The details behind a sentinel, for [errors.Is] still the sentinel.
var (
	errDoubled           = fmt.Errorf("%w: the header is there more than once", ErrMalformed)
	errPrefix            = fmt.Errorf("%w: the prefix is not there", ErrMalformed)
	errLength            = fmt.Errorf("%w: not as long as a digest of this hash", ErrMalformed)
	errDigits            = fmt.Errorf("%w: not in the scheme's encoding", ErrMalformed)
	errTooLong           = fmt.Errorf("%w: the header is over %d bytes", ErrMalformed, maxHeader)
	errTooMany           = fmt.Errorf("%w: more than %d entries", ErrMalformed, maxEntries)
	errNoVersion         = fmt.Errorf("%w: no entry of a version the scheme knows", ErrMissing)
	errNoTime            = fmt.Errorf("%w: no timestamp", ErrMissing)
	errTimeDoubled       = fmt.Errorf("%w: more than one timestamp", ErrMalformed)
	errTimeDigits        = fmt.Errorf("%w: the timestamp is not seconds since 1970 in digits", ErrMalformed)
	errNoPart            = fmt.Errorf("%w: a signed header is not there", ErrMissing)
	errPartDoubled       = fmt.Errorf("%w: a signed header is there more than once", ErrMalformed)
	errBase64Secret      = fmt.Errorf("%w: not base64, with the form's prefix or without", ErrSecretForm)
	errWeakKey           = fmt.Errorf("%w: a key under which anybody can sign", ErrSecretForm)
	errTooManySignatures = fmt.Errorf("%w: more than %d signatures of this version", ErrMalformed, maxSignatures)
	errPublicKey         = fmt.Errorf("%w: after whpk_ not 32 bytes in base64", ErrSecretForm)
	errPublicAsSecret    = fmt.Errorf("%w: a public key is not a secret", ErrSecretForm)
	errPrivateKey        = fmt.Errorf("%w: not whsk_ with a private key of Ed25519, nor whpk_ with a public one", ErrSecretForm)
	errFIPSHash          = errors.New("verify: SHA-1 is not allowed in FIPS 140-only mode")
	errFIPSKey           = fmt.Errorf("%w: under %d bytes, too short for FIPS 140-only mode", ErrSecretForm, fipsKeyBytes)
)
