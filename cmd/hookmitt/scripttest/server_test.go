package scripttest

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hookmitt/hookmitt/internal/redistest"
)

// app serves a web app that keeps each request in a file, and its body in another.
func app(ts *testscript.TestScript, args []string) {
	var statuses []int
	for _, text := range args[1:] {
		status, err := strconv.Atoi(text)
		ts.Check(err)
		statuses = append(statuses, status)
	}
	name := ts.MkAbs(args[0])
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(requests.Add(1))
		if err := keep(fmt.Sprintf("%s.%d", name, n), r); err != nil {
			w.Header().Set("App-Error", err.Error())
			w.WriteHeader(http.StatusNotImplemented)
			return
		}
		w.WriteHeader(statuses[min(n, len(statuses))-1])
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

// keep writes a request to a file, and its body to another.
func keep(path string, r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s %s\n", r.Method, r.URL.RequestURI())
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			fmt.Fprintf(&text, "%s: %s\n", name, value)
		}
	}
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		return err
	}
	return os.WriteFile(path+".body", body, 0o600)
}

// redis starts a redis-server that ends with the script.
func redis(ts *testscript.TestScript, args []string) {
	need(ts, []string{"redis-server"})
	dir := ts.MkAbs(".redis-" + args[0])
	ts.Check(os.Mkdir(dir, 0o700))
	server, err := redistest.Open(dir, args[1:]...)
	ts.Check(err)
	ts.Defer(server.Kill)
	ts.Setenv(args[0], server.Addr)
}
