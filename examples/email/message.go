package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"

	"github.com/hookmitt/hookmitt/events"
)

// message is the e-mail of an event. An event is verified, and foreign all the same: of what it holds only the type
// comes into a header, encoded so that no line can end in it, and the id as a digest.
//
// The Message-ID is made of the event's id, so an event that is mailed twice after all, since the mail server took the
// first and could not say so, is one message to a mail client that looks.
func (m *mailer) message(e events.Event, resource string, at time.Time) []byte {
	var b bytes.Buffer
	id := sha256.Sum256([]byte("civo " + e.ID))
	fmt.Fprintf(&b, "From: %s\r\n", m.from)
	fmt.Fprintf(&b, "To: %s\r\n", m.to)
	fmt.Fprintf(&b, "Subject: %s\r\n", mime.QEncoding.Encode("utf-8", "Civo: "+e.Type))
	fmt.Fprintf(&b, "Date: %s\r\n", at.Format(time.RFC1123Z))
	fmt.Fprintf(&b, "Message-ID: <%x%s>\r\n", id[:16], m.from.Address[strings.LastIndexByte(m.from.Address, '@'):])
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n")
	b.WriteString("Content-Transfer-Encoding: quoted-printable\r\n\r\n") // no line gets too long, whatever the JSON is like
	text := quotedprintable.NewWriter(&b)
	fmt.Fprintf(text, "Event:    %s\nResource: %s\n\n%s\n", oneLine(e.Type), oneLine(resource), e.Raw)
	_ = text.Close() // it writes to memory
	return b.Bytes()
}

// oneLine keeps a field from looking like two.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
