package simulator

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hookmitt/hookmitt/testserver"
)

// wireRequest is an attempt's request in HTTP/1.1.
func wireRequest(a testserver.Attempt) ([]byte, error) {
	u, err := url.Parse(a.URL)
	if err != nil || a.Header == nil {
		return nil, errUnsent
	}
	header := http.Header{"Host": {u.Host}, "Content-Length": {strconv.Itoa(len(a.Body))}}
	maps.Copy(header, a.Header)
	return wireMessage(fmt.Sprintf("%s %s HTTP/1.1", a.Method, u.RequestURI()), header, a.Body), nil
}

// wireAnswer is an attempt's answer in HTTP/1.1.
func wireAnswer(a testserver.Attempt) ([]byte, error) {
	if a.Status == 0 {
		return nil, errUnsent
	}
	return wireMessage(fmt.Sprintf("HTTP/1.1 %d %s", a.Status, http.StatusText(a.Status)), a.AnswerHeader, a.AnswerBody), nil
}

func wireMessage(first string, header http.Header, body []byte) []byte {
	var text bytes.Buffer
	text.WriteString(first + "\r\n")
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			text.WriteString(name + ": " + value + "\r\n")
		}
	}
	text.WriteString("\r\n")
	text.Write(body)
	return text.Bytes()
}

// maxArgument is the longest body that stands in a command as it is, in bytes: half of what Linux takes as an argument.
const maxArgument = 64 << 10

// curl is a command for a POSIX shell that sends an attempt's request again, byte for byte. A body that is long or no
// text comes in base64.
func curl(a testserver.Attempt) ([]byte, error) {
	if a.Header == nil {
		return nil, errUnsent
	}
	how, body, document := "-X "+quote(a.Method), " \\\n  --data-raw "+quote(string(a.Body)), ""
	switch {
	case a.Method == http.MethodHead: // with -X curl would wait for a body
		how, body = "-I", ""
	case len(a.Body) > maxArgument || !utf8.Valid(a.Body) || bytes.ContainsRune(a.Body, 0):
		body = " \\\n  --data-binary @-"
		document = base64.StdEncoding.EncodeToString(a.Body) + "\nEND\n"
	}
	var text strings.Builder
	if document != "" {
		text.WriteString("base64 -d <<'END' | ")
	}
	fmt.Fprintf(&text, "curl -i -g --path-as-is %s %s", how, quote(a.URL))
	header := a.Header
	if header["Content-Type"] == nil {
		text.WriteString(" \\\n  -H 'Content-Type:'") // or curl would send one of its own
	}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			field := name + ": " + value
			if strings.TrimSpace(value) == "" {
				field = name + ";" // how curl is told to send an empty one
			}
			text.WriteString(" \\\n  -H " + quote(field))
		}
	}
	text.WriteString(body + "\n" + document)
	return []byte(text.String()), nil
}

// quote makes one word of text for a POSIX shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
