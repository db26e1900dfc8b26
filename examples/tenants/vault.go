package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hookmitt/hookmitt/middleware"
	"github.com/hookmitt/hookmitt/verify"
)

// fresh is how long a tenant's secrets are used before they are looked up again.
const fresh = time.Minute

// vault knows the tenants' secrets. It keeps a ring for each tenant that it was asked for, so that a request costs no
// look-up, and a secret carries its prepared key from one request to the next.
type vault struct {
	files fs.FS         // a database, in real life
	grace time.Duration // how long an old secret is accepted after a rotation was seen

	mu    sync.Mutex
	rings map[string]kept
}

// kept is a tenant's ring, and when it is to be looked at again.
type kept struct {
	*verify.Keyring
	until time.Time
	sum   [sha256.Size]byte // of the file
}

// secrets is a [verify.SecretsFunc].
func (v *vault) secrets(ctx context.Context) ([]verify.Secret, error) {
	ring, err := v.ring(middleware.TenantFrom(ctx))
	if err != nil {
		return nil, err
	}
	return ring.Secrets(ctx)
}

// ring is a tenant's, or [verify.ErrNoSecrets] if there is no such tenant. Who is none is not kept: strangers' names
// would fill the memory. So an unknown name costs a look-up where a known one costs none, which a stopwatch may show:
// where it must stay secret who is a tenant, give them names that cannot be guessed.
func (v *vault) ring(tenant string) (*verify.Keyring, error) {
	v.mu.Lock()
	known := v.rings[tenant]
	v.mu.Unlock()
	if time.Now().Before(known.until) {
		return known.Keyring, nil
	}
	found, sum, err := readSecrets(v.files, tenant) // not under the lock: one slow look-up must not hold up other tenants
	v.mu.Lock()
	defer v.mu.Unlock()
	ring := v.rings[tenant].Keyring // another request may have been faster
	switch {
	case errors.Is(err, fs.ErrNotExist):
		delete(v.rings, tenant)
		return nil, verify.ErrNoSecrets
	case err != nil && ring == nil:
		return nil, err // we do not know, so the provider is asked to come again
	case err != nil:
		slog.Error("the secrets stay as they were", "tenant", tenant, "err", err)
		sum = v.rings[tenant].sum // or the file would count as changed when it can be read again
	case ring == nil:
		ring = verify.NewKeyring(found[0], found[1:]...)
		ring.RetireAfter(v.grace)
	case sum != v.rings[tenant].sum:
		for _, secret := range slices.Backward(found) { // so that the first one is current in the end
			if err := ring.Rotate(secret); err != nil {
				return nil, err
			}
		}
		ring.RetireAfter(v.grace) // of one that is not in the file and was old before, the end stays
	}
	if v.rings == nil {
		v.rings = map[string]kept{}
	}
	v.rings[tenant] = kept{ring, time.Now().Add(fresh), sum}
	return ring, nil
}

// readSecrets reads a tenant's file. One without a secret is an error of ours, and not the end of a tenant.
func readSecrets(files fs.FS, tenant string) (secrets []verify.Secret, sum [sha256.Size]byte, err error) {
	if info, err := fs.Stat(files, tenant); err == nil && info.IsDir() {
		return nil, sum, fs.ErrNotExist // not a tenant
	}
	text, err := fs.ReadFile(files, tenant)
	if err != nil {
		return nil, sum, err
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			secrets = append(secrets, verify.NewSecret(line))
		}
	}
	if len(secrets) == 0 {
		return nil, sum, errors.New("the file of " + tenant + " holds no secret")
	}
	return secrets, sha256.Sum256(text), nil
}
