package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
)

// bury keeps an event that failed too often, for somebody to look at: its body in a file, named by provider and id, which
// is a UUID of both providers. When it returns nil the event is acknowledged, so the file must be there for good. It may
// be told of an event twice.
func (s *service) bury(p hookmitt.Provider) func(context.Context, events.Event, error) error {
	return func(_ context.Context, e events.Event, last error) error {
		slog.Error("event is dead", "provider", p.Name, "id", e.ID, "type", e.Type, "err", last)
		letter, err := os.CreateTemp(s.dead, ".letter-")
		if err != nil {
			return err
		}
		_, err = letter.Write(e.Raw)
		if err := errors.Join(err, letter.Sync(), letter.Close()); err != nil {
			return errors.Join(err, os.Remove(letter.Name()))
		}
		return os.Rename(letter.Name(), filepath.Join(s.dead, p.Name+"-"+e.ID+".json"))
	}
}
