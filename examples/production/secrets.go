package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/verify"
)

// ring is a provider's secrets, and where they come from.
type ring struct {
	keys     *verify.Keyring
	provider hookmitt.Provider
	path     string
}

// keyring reads a provider's secrets.
func (s *service) keyring(p hookmitt.Provider) (*ring, error) {
	path := filepath.Join(s.secrets, p.Name)
	secrets, err := readSecrets(path)
	if err != nil {
		return nil, err
	}
	return &ring{verify.NewKeyring(secrets[0], secrets[1:]...), p, path}, nil
}

// rotate reads the secrets again. A file that cannot be read, or holds none, changes nothing.
func (s *service) rotate() {
	for _, r := range s.rings {
		secrets, err := readSecrets(r.path)
		if err != nil {
			slog.Error("the secrets stay as they were", "provider", r.provider.Name, "err", err)
			continue
		}
		r.put(secrets)
		r.keys.RetireAfter(r.provider.Horizon()) // all but the current one …
		r.put(secrets)                           // … and those that stand in the file are back
		slog.Info("secrets read again", "provider", r.provider.Name, "secrets", len(secrets))
	}
}

// put puts secrets on the ring, the first as the current one.
func (r *ring) put(secrets []verify.Secret) {
	for _, secret := range slices.Backward(secrets) {
		_ = r.keys.Rotate(secret) // readSecrets returns no empty one
	}
}

// readSecrets reads a file of secrets, one a line.
func readSecrets(path string) ([]verify.Secret, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var secrets []verify.Secret
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			secrets = append(secrets, verify.NewSecret(line))
		}
	}
	if len(secrets) == 0 {
		return nil, fmt.Errorf("%s holds no secret", path)
	}
	return secrets, nil
}
