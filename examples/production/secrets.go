package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
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

// rotate reads the secrets again. One that is new in the first line becomes current; those before it are accepted until
// no retry can carry them.
func (s *service) rotate() error {
	var errs []error
	for _, r := range s.rings {
		secrets, err := readSecrets(r.path)
		if err == nil {
			err = r.keys.Rotate(secrets[0])
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r.keys.RetireAfter(r.provider.Horizon())
		slog.Info("secrets read again", "provider", r.provider.Name)
	}
	return errors.Join(errs...)
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
