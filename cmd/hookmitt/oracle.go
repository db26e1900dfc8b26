package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookmitt/hookmitt/testserver/conform"
)

// oracle is who says how often an event's work was done.
type oracle struct{ effectsURL, effectsCmd, effectsListen string }

func (o *oracle) oracleFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.effectsListen, "effects-listen", "", "address to listen at for POST /_sim/v1/effects/EVENT_ID")
	cmd.Flags().StringVar(&o.effectsURL, "effects-url", "", "URL that answers how often an event's work was done, with {event_id} in it")
	cmd.Flags().StringVar(&o.effectsCmd, "effects-cmd", "", "command that prints how often an event's work was done")
}

// ask tells a target whom to ask, and listens if it is we.
func (o *oracle) ask(ctx context.Context, target *conform.Target) (stop func(), err error) {
	stop = func() {}
	given := 0
	for _, flag := range []string{o.effectsURL, o.effectsCmd, o.effectsListen} {
		if flag != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return stop, usage("--effects-listen, --effects-url and --effects-cmd: only one of them can be believed")
	case o.effectsCmd != "":
		target.Effects = func(ctx context.Context, id string) (int, error) {
			out, err := shell(ctx, "--effects-cmd", o.effectsCmd, "HOOKMITT_EVENT_ID="+id)
			if err != nil {
				return 0, err
			}
			return count("--effects-cmd", out)
		}
	case o.effectsURL != "":
		if !strings.Contains(o.effectsURL, "{event_id}") {
			return stop, usage("--effects-url has no {event_id} in it, such as http://127.0.0.1:3000/effects/{event_id}")
		}
		target.Effects = o.fetch
	case o.effectsListen != "":
		return o.listen(ctx, target)
	}
	return stop, nil
}

// fetch asks a URL.
func (o *oracle) fetch(ctx context.Context, id string) (int, error) {
	ctx, done := context.WithTimeout(ctx, 10*time.Second)
	defer done()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.ReplaceAll(o.effectsURL, "{event_id}", url.PathEscape(id)), nil)
	if err != nil {
		return 0, fmt.Errorf("--effects-url: %w", err)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("--effects-url: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return 0, fmt.Errorf("--effects-url: %w", err)
	}
	if answer.StatusCode == http.StatusNotFound {
		return 0, nil
	}
	if answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("--effects-url: answered %s", answer.Status)
	}
	return count("--effects-url", body)
}

// count reads a number, or an object of JSON with the number as its member effects.
func count(flag string, text []byte) (int, error) {
	text = bytes.TrimSpace(text)
	if n, err := strconv.Atoi(string(text)); err == nil && n >= 0 {
		return n, nil
	}
	var counted struct {
		Effects *int `json:"effects"`
	}
	if err := json.Unmarshal(text, &counted); err == nil && counted.Effects != nil {
		return *counted.Effects, nil
	}
	return 0, fmt.Errorf("%s: %q is no number", flag, printable(clip(string(text))))
}

// listen counts what the receiver tells us, as the simulator does.
func (o *oracle) listen(ctx context.Context, target *conform.Target) (stop func(), err error) {
	listener, err := listenAt(ctx, o.effectsListen)
	if err != nil {
		return func() {}, usage("%s", strings.Replace(err.Error(), "--addr", "--effects-listen", 1))
	}
	var mu sync.Mutex
	counts := map[string]int{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /_sim/v1/effects/{event_id}", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		counts[r.PathValue("event_id")]++
		fmt.Fprintf(w, `{"effects":%d}`+"\n", counts[r.PathValue("event_id")])
	})
	target.Effects = func(_ context.Context, id string) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return counts[id], nil
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go server.Serve(listener) //nolint:errcheck // it ends by Close
	return func() { _ = server.Close() }, nil
}

// shell runs a command of the operator's and returns what it prints.
func shell(ctx context.Context, flag, command string, environment ...string) ([]byte, error) {
	ctx, done := context.WithTimeout(ctx, time.Minute)
	defer done()
	cmd := exec.CommandContext(ctx, "sh", "-c", command) //nolint:gosec // the operator's own command; what comes from elsewhere is in its environment
	cmd.Env = append(os.Environ(), environment...)
	cmd.WaitDelay = 5 * time.Second
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	apart(cmd)
	if err := cmd.Run(); err != nil && !errors.Is(err, exec.ErrWaitDelay) { // a server that was started in the background holds the pipes
		return nil, fmt.Errorf("%s: %w: %s", flag, err, printable(clip(said.String())))
	}
	return out.Bytes(), nil
}
