package main

import (
	"bytes"
	"io"
	"maps"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

// read is a message as a mail client reads it.
func read(t *testing.T, m *mail.Message) (subject, body string) {
	t.Helper()
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	require.NoError(t, err)
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	require.NoError(t, err)
	return subject, strings.ReplaceAll(string(text), "\r\n", "\n")
}

// Codecs refuse ids and types with control characters. This does not rely on it.
func TestNothingOfAnEventBecomesAHeader(t *testing.T) {
	t.Parallel()
	const evil = "x\r\nBcc: everybody@example.com\r\n\r\nHello"
	for name, c := range map[string]struct {
		event    events.Event
		resource string
		subject  string
	}{
		"an ordinary event":       {events.Event{ID: "1", Type: "instance.created"}, "84894d17-da88-45bb-8817-9b3b75cf61bf", "Civo: instance.created"},
		"CR LF in the type":       {events.Event{ID: "1", Type: evil}, "", "Civo: " + evil},
		"LF alone in the type":    {events.Event{ID: "1", Type: "x\nBcc: y"}, "", "Civo: x\nBcc: y"},
		"CR alone in the type":    {events.Event{ID: "1", Type: "x\rBcc: y"}, "", "Civo: x\rBcc: y"},
		"NUL in the type":         {events.Event{ID: "1", Type: "x\x00y"}, "", "Civo: x\x00y"},
		"another alphabet":        {events.Event{ID: "1", Type: "инстанс.создан"}, "", "Civo: инстанс.создан"},
		"the longest type":        {events.Event{ID: "1", Type: strings.Repeat("🧤", 64)}, "", "Civo: " + strings.Repeat("🧤", 64)},
		"CR LF in the id":         {events.Event{ID: evil, Type: "x"}, "", "Civo: x"},
		"CR LF in the resource":   {events.Event{ID: "1", Type: "x"}, evil, "Civo: x"},
		"CR LF in the body":       {events.Event{ID: "1", Type: "x", Raw: []byte(evil)}, "", "Civo: x"},
		"an end of message in it": {events.Event{ID: "1", Type: "x", Raw: []byte("\r\n.\r\nQUIT\r\n")}, "", "Civo: x"},
		"a line of 100,000 bytes": {events.Event{ID: "1", Type: "x", Raw: bytes.Repeat([]byte("x"), 100_000)}, "", "Civo: x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := newTestMailer(t, "mail.test:25").message(c.event, c.resource, time.Now())
			for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\r\n"), "\r\n") {
				require.NotContains(t, line, "\n")
				require.NotContains(t, line, "\r")
				require.LessOrEqual(t, len(line), 998, "RFC 5322, section 2.1.1")
			}
			m, err := mail.ReadMessage(bytes.NewReader(text))
			require.NoError(t, err)
			require.Equal(t, []string{
				"Content-Transfer-Encoding", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To",
			}, slices.Sorted(maps.Keys(m.Header)))
			subject, body := read(t, m)
			require.Equal(t, c.subject, subject)
			require.Regexp(t, `^Event:    .*\nResource: .*\n\n`, body)
			require.Contains(t, body, strings.ReplaceAll(string(c.event.Raw), "\r\n", "\n"))
		})
	}
}

func TestTheMessageIDIsTheEvents(t *testing.T) {
	t.Parallel()
	id := func(e events.Event, at time.Time) string {
		m, err := mail.ReadMessage(bytes.NewReader(newTestMailer(t, "mail.test:25").message(e, "", at)))
		require.NoError(t, err)
		return m.Header.Get("Message-ID")
	}
	now := time.Now()
	one := id(events.Event{ID: "1", Type: "x"}, now)
	require.Regexp(t, `^<[0-9a-f]{32}@example\.com>$`, one)
	require.Equal(t, one, id(events.Event{ID: "1", Type: "x"}, now.Add(time.Hour)), "again, later")
	require.NotEqual(t, one, id(events.Event{ID: "2", Type: "x"}, now))
}

func TestAddressesThatAreNoneAreRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][3]string{
		"no port":                {"mail.test", "a@example.com", "b@example.com"},
		"no sender":              {"mail.test:25", "", "b@example.com"},
		"no recipient":           {"mail.test:25", "a@example.com", ""},
		"CR LF in the sender":    {"mail.test:25", "a@example.com\r\nBcc: c@example.com", "b@example.com"},
		"CR LF in the recipient": {"mail.test:25", "a@example.com", "b@example.com>\r\nRCPT TO:<c@example.com"},
	} {
		_, err := newMailer(c[0], c[1], c[2])
		require.Error(t, err, name)
	}
}
