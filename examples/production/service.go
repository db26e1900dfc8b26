package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hookmitt/hookmitt/dedupe"
	"github.com/hookmitt/hookmitt/events"
)

// service keeps an inventory of servers up to date.
type service struct {
	inventory string // where it is
	dead      string // directory
	secrets   string // directory
	rings     []*ring
}

// handlers does what the events ask for: of either provider, since a payload is told by its type.
func (s *service) handlers() *events.Router {
	router := events.NewRouter()
	events.On(router, func(ctx context.Context, _ events.Event, started events.ServerStarted) error {
		return s.put(ctx, started.ServerID, map[string]string{"state": "running", "name": started.Name, "ip": started.IP})
	})
	events.Match(router, "instance.*", func(ctx context.Context, e events.Event, r events.Resource) error {
		return s.put(ctx, r.ResourceID, map[string]string{"state": e.Type})
	})
	return router
}

// put tells the inventory of a server. The inventory refuses a token that is smaller than the last one it saw of the
// server, so a run that is late does not undo what a later one did.
func (s *service) put(ctx context.Context, id string, server map[string]string) error {
	body, err := json.Marshal(server)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, s.inventory+"/servers/"+url.PathEscape(id), bytes.NewReader(body))
	if err != nil {
		return err
	}
	claim, _ := dedupe.ClaimFrom(ctx)
	r.Header.Set("Fencing-Token", strconv.FormatUint(claim.Token, 10))
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err // the provider sends the event again
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return fmt.Errorf("the inventory answered %s", response.Status)
	}
	return nil
}

// bury keeps an event that failed to the end, for somebody to look at. It may be told of an event twice. Both providers'
// ids are UUIDs, and so can be names of files.
func (s *service) bury(_ context.Context, e events.Event, last error) error {
	slog.Error("event is dead", "id", e.ID, "type", e.Type, "err", last)
	return os.WriteFile(filepath.Join(s.dead, e.ID+".json"), e.Raw, 0o600)
}
