package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
)

// service keeps an inventory of servers up to date.
type service struct {
	client    *http.Client
	inventory string // where it is
	dead      string // directory
	runs      int    // until an event is dead
	secrets   string // directory
	rings     []*ring
}

// handlers does what the events ask for: of either provider, since a payload is told by its type.
func (s *service) handlers(p hookmitt.Provider) *events.Router {
	router := events.NewRouter()
	events.On(router, func(ctx context.Context, e events.Event, started events.ServerStarted) error {
		return s.put(ctx, p.Name+"/"+e.ID, started.ServerID, map[string]string{"state": "running", "name": started.Name, "ip": started.IP})
	})
	events.Match(router, "instance.*", func(ctx context.Context, e events.Event, r events.Resource) error {
		return s.put(ctx, p.Name+"/"+e.ID, r.ResourceID, map[string]string{"state": e.Type})
	})
	return router
}

// put tells the inventory of a server. A process that dies after this and before the event is marked as done leads to a
// second run: the inventory knows it by its key, and does nothing.
func (s *service) put(ctx context.Context, key, id string, server map[string]string) error {
	body, err := json.Marshal(server)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, s.inventory+"/servers/"+url.PathEscape(id), bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Idempotency-Key", key)
	response, err := s.client.Do(r)
	if err != nil {
		return err // the provider sends the event again
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be used again
	if response.StatusCode >= 300 {
		return fmt.Errorf("the inventory answered %s", response.Status)
	}
	return nil
}
