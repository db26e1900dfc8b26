package simulator

import (
	"bytes"
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
	return wireMessage(strings.TrimRight(fmt.Sprintf("HTTP/1.1 %d %s", a.Status, http.StatusText(a.Status)), " "), a.AnswerHeader, a.AnswerBody), nil
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

// curl is a command for a POSIX shell that sends an attempt's request again, byte for byte.
func curl(a testserver.Attempt) ([]byte, error) {
	if a.Header == nil {
		return nil, errUnsent
	}
	var text strings.Builder
	body := " --data-raw " + quote(string(a.Body))
	if !utf8.Valid(a.Body) || bytes.ContainsRune(a.Body, 0) {
		fmt.Fprintf(&text, "printf '%s' | ", octal(a.Body))
		body = " --data-binary @-"
	}
	fmt.Fprintf(&text, "curl -i -X %s %s", quote(a.Method), quote(a.URL))
	for _, name := range slices.Sorted(maps.Keys(a.Header)) {
		for _, value := range a.Header[name] {
			field := name + ": " + value
			if value == "" {
				field = name + ";" // how curl is told to send an empty one
			}
			text.WriteString(" \\\n  -H " + quote(field))
		}
	}
	text.WriteString(" \\\n " + body + "\n")
	return []byte(text.String()), nil
}

// quote makes one word of text for a POSIX shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// octal is what printf takes for any bytes.
func octal(body []byte) string {
	var text strings.Builder
	for _, b := range body {
		fmt.Fprintf(&text, `\%03o`, b)
	}
	return text.String()
}
