package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/testserver"
)

// triggering are the flags of trigger.
type triggering struct {
	target
	set   []string
	count int
	rate  string
}

// maxCount is how many events trigger sends at most: they are all kept until it ends.
const maxCount = 100_000

func trigger() *cobra.Command {
	var t triggering
	cmd := &cobra.Command{
		Use:   "trigger TYPE",
		Short: "Send the provider's sample of an event, changed as you like, once or many times",
		Example: `  hookmitt trigger server.started --provider cdhosting --to http://127.0.0.1:8080/ --secret env:SECRET --set name=web-02
  hookmitt trigger instance.created --to http://127.0.0.1:8080/ --secret env:SECRET --count 100 --rate 10/s`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("trigger wants one type of event, such as instance.created")
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			p, err := t.is()
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return p.Events.Types(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error { return t.run(cmd, args[0]) },
	}
	t.flags(cmd)
	cmd.Flags().StringArrayVar(&t.set, "set", nil, "path=value in the data: ip=10.0.0.1, error.code=7; JSON where it is JSON, else text; can be repeated")
	cmd.Flags().IntVar(&t.count, "count", 1, "how many events, each with an id of its own")
	cmd.Flags().StringVar(&t.rate, "rate", "", "how fast at most: 10/s, 300/m (default one after the other)")
	return cmd
}

func (t *triggering) run(cmd *cobra.Command, typ string) error {
	if t.helped(cmd) {
		return nil
	}
	faults, err := t.mishaps()
	if err != nil {
		return err
	}
	gap, err := gapOf(t.rate)
	if err != nil {
		return err
	}
	if t.count < 1 || t.count > maxCount {
		return usage("--count %d is not from 1 to %d", t.count, maxCount)
	}
	server, ep, err := t.endpoint(cmd)
	if err != nil {
		return err
	}
	defer server.Close()
	e, err := t.make(server, typ)
	if err != nil {
		return err
	}
	bar := progressOf(cmd.ErrOrStderr(), cmd.OutOrStdout(), t.count)
	defer bar.end()
	var sent []*testserver.Delivery
	start := time.Now()
	for i := range t.count {
		select {
		case <-time.After(time.Until(start.Add(time.Duration(i) * gap))):
		case <-cmd.Context().Done(): // what was sent is told of, and no more is sent
			return &exit{exitFailed, fmt.Errorf("interrupted: %d of %d were sent", i, t.count)}
		}
		if i > 0 {
			if e, err = another(server.Provider(), e); err != nil {
				return err
			}
		}
		d := ep.Send(cmd.Context(), e, faults...)
		if err := t.finish(cmd.Context(), server, d); err != nil {
			return err
		}
		sent = append(sent, d)
		bar.step()
	}
	return judge(sent)
}

// make is the provider's sample with what --set changes.
func (t *triggering) make(server *testserver.Server, typ string) (events.Event, error) {
	e, err := sample(server.Provider(), typ, false)
	if err != nil {
		return e, err
	}
	if len(t.set) > 0 {
		var data map[string]any
		dec := json.NewDecoder(bytes.NewReader(e.Data))
		dec.UseNumber() // an integer keeps its digits
		if err := dec.Decode(&data); err != nil {
			return e, usage("--set: the sample of %s is no JSON object", typ)
		}
		for _, change := range t.set {
			path, value, ok := strings.Cut(change, "=")
			if !ok || path == "" {
				return e, usage("--set %q is no path=value", change)
			}
			if err := put(data, strings.Split(path, "."), value); err != nil {
				return e, err
			}
		}
		e = events.Named(typ, data)
	}
	if err := server.CanSend(e); err != nil {
		return e, usage("%s cannot send this: %w", server.Provider().Name, err)
	}
	return e, nil
}

// another is the same event as one that happens later: where ids are made from the body, its uuid is another one.
func another(p hookmitt.Provider, e events.Event) (events.Event, error) {
	if !p.Codec.IDField().Derived() {
		return e, nil // its id is made when it is sent
	}
	var data map[string]any
	if err := json.Unmarshal(e.Data, &data); err != nil || data["uuid"] == nil {
		return e, usage("--count: %s has no ids, and %s no uuid to tell the events apart by", p.Name, e.Type)
	}
	data["uuid"] = rand.Text()
	return events.Named(e.Type, data), nil
}

// put sets a value in a JSON object, and makes the objects on the way.
func put(object map[string]any, path []string, text string) error {
	if slices.Contains(path, "") {
		return usage("--set: %s has a part without a name", strings.Join(path, "."))
	}
	for i, name := range path[:len(path)-1] {
		inner, ok := object[name].(map[string]any)
		if object[name] != nil && !ok {
			return usage("--set: %s is no object", strings.Join(path[:i+1], "."))
		}
		if !ok {
			inner = map[string]any{}
			object[name] = inner
		}
		object = inner
	}
	var value any
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if !json.Valid([]byte(text)) || dec.Decode(&value) != nil {
		value = text
	}
	object[path[len(path)-1]] = value
	return nil
}

// gapOf is the time between two events at a rate.
func gapOf(rate string) (time.Duration, error) {
	if rate == "" {
		return 0, nil
	}
	number, unit, _ := strings.Cut(rate, "/")
	n, err := strconv.ParseFloat(number, 64)
	per := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[unit]
	if err != nil || per == 0 || !(n > 0 && n <= 1e6) {
		return 0, usage("--rate %q is no rate such as 10/s, 300/m or 50/h", rate)
	}
	return time.Duration(float64(per) / n), nil
}
