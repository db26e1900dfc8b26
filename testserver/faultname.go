package testserver

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// named is how a fault is made of its argument.
type named struct {
	argument string // what it is called in the list; "" if there is none
	parse    func(argument string) (Fault, error)
}

// faultNames are the faults as they are written in a request to the simulator or on a command line: a name, and what
// follows the equals sign.
var faultNames = map[string]named{
	"twice":      plain(Twice),
	"reorder":    plain(Reorder),
	"lost-reply": plain(LostReply),
	"hang-up":    plain(HangUp),
	"truncated":  plain(Truncated),
	"tampered":   plain(Tampered),
	"reencoded":  plain(Reencoded),
	"wrong-key":  plain(WrongKey),
	"unsigned":   plain(Unsigned),
	"fresh-id":   plain(FreshID),
	"together":   {"COPIES", number(2, 100, Together)},
	"oversize":   {"BYTES", number(1, 64<<20, Oversize)},
	"trickle":    {"DURATION", duration(Trickle)},
	"stale":      {"DURATION", duration(Stale)},
	"garbled":    {"HEADER", header(Garbled)},
	"folded":     {"HEADER", header(Folded)},
	"method": {"METHOD", func(method string) (Fault, error) {
		if !token(method) {
			return Fault{}, errors.New("is no HTTP method")
		}
		return WithMethod(method), nil
	}},
	"header":    {"NAME:VALUE", pair(func(name, value string) Fault { return WithHeader(name, value) })},
	"no-header": {"HEADER", header(func(name string) Fault { return WithHeader(name) })},
	"doubled":   {"NAME:OTHER VALUE", pair(Doubled)},
}

// FaultNames are the names that [ParseFault] knows, each with its argument if it takes one: "together=COPIES".
func FaultNames() []string {
	names := make([]string, 0, len(faultNames))
	for name, f := range faultNames {
		if f.argument != "" {
			name += "=" + f.argument
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// ParseFault reads a fault: a name, and after an equals sign its argument: "lost-reply", "together=3", "trickle=2s",
// "header=X-Signature: 00". The error says what is wrong and, of an unknown name, which there are.
func ParseFault(text string) (Fault, error) {
	name, argument, given := strings.Cut(text, "=")
	f, ok := faultNames[name]
	switch {
	case !ok:
		return Fault{}, fmt.Errorf("testserver: there is no fault %q; there are: %s", name, strings.Join(FaultNames(), ", "))
	case f.argument == "" && given:
		return Fault{}, fmt.Errorf("testserver: fault %s takes no argument", name)
	case f.argument != "" && argument == "":
		return Fault{}, fmt.Errorf("testserver: fault %s wants an argument: %s=%s", name, name, f.argument)
	}
	fault, err := f.parse(argument)
	if err != nil {
		return Fault{}, fmt.Errorf("testserver: fault %s: %q %w", name, argument, err)
	}
	return fault, nil
}

func plain(f func() Fault) named {
	return named{parse: func(string) (Fault, error) { return f(), nil }}
}

func number(least, most int, f func(int) Fault) func(string) (Fault, error) {
	return func(argument string) (Fault, error) {
		n, err := strconv.Atoi(argument)
		if err != nil || n < least || n > most {
			return Fault{}, fmt.Errorf("is no number from %d to %d", least, most)
		}
		return f(n), nil
	}
}

func duration(f func(time.Duration) Fault) func(string) (Fault, error) {
	return func(argument string) (Fault, error) {
		d, err := time.ParseDuration(argument)
		if err != nil || d <= 0 {
			return Fault{}, errors.New("is no duration such as 300ms, 5s or 1h30m")
		}
		return f(d), nil
	}
}

func header(f func(string) Fault) func(string) (Fault, error) {
	return func(argument string) (Fault, error) {
		if !token(argument) {
			return Fault{}, errors.New("is no name of a header")
		}
		return f(argument), nil
	}
}

func pair(f func(name, value string) Fault) func(string) (Fault, error) {
	return func(argument string) (Fault, error) {
		name, value, found := strings.Cut(argument, ":")
		if value = strings.TrimSpace(value); !found || !token(name) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return Fault{}, errors.New("is no header such as X-Signature: 00")
		}
		return f(name, value), nil
	}
}

// token reports whether text can stand as a method or a header's name, RFC 9110 section 5.6.2.
func token(text string) bool {
	request, err := http.NewRequest(text, "http://receiver.test", nil) //nolint:noctx // never sent: net/http knows what a token is
	return err == nil && request.Method == text
}
