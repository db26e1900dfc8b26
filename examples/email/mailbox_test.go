package main

import (
	"context"
	"io"
	"net"
	"net/mail"
	"net/textproto"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// mood is how the mail server treats a connection.
type mood int

const (
	well      mood = iota
	refusing       // it does not even say hello
	breaking       // hangs up in the middle of the message
	forgetful      // takes the message, and hangs up instead of saying so
	abrupt         // takes the message, says so, and hangs up before the goodbye
	mute           // takes the connection, and says nothing
)

// mailbox is a mail server that keeps what it takes.
type mailbox struct {
	mu    sync.Mutex
	moods []mood // of the connections to come; after them it is well
	kept  []string
}

// listen serves a port, and makes a mailer for it.
func (b *mailbox) listen(t *testing.T) *mailer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go b.serve(conn)
		}
	}()
	return newTestMailer(t, listener.Addr().String())
}

// pipe makes a mailer that reaches the mailbox without a network, for bubbles.
func (b *mailbox) pipe(t *testing.T) *mailer {
	t.Helper()
	m := newTestMailer(t, "mail.test:25")
	m.dial = func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go b.serve(server)
		return client, nil
	}
	return m
}

func newTestMailer(t *testing.T, server string) *mailer {
	t.Helper()
	m, err := newMailer(server, "Civo <civo@example.com>", "ops@example.com")
	require.NoError(t, err)
	return m
}

// serve is the server's side of SMTP, as far as net/smtp goes.
func (b *mailbox) serve(conn net.Conn) {
	defer conn.Close()
	treat := b.next()
	if treat == mute {
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	c := textproto.NewConn(conn)
	say := func(line string) { _ = c.PrintfLine("%s", line) }
	if treat == refusing {
		say("421 down for maintenance")
		return
	}
	say("220 mail.test")
	for {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(line, " "); verb {
		case "EHLO", "MAIL", "RCPT":
			say("250 fine")
		case "DATA":
			say("354 go on")
			if treat == breaking {
				_, _ = c.ReadLine()
				return
			}
			message, err := c.ReadDotBytes()
			if err != nil {
				return
			}
			b.keep(message)
			if treat == forgetful {
				return
			}
			say("250 taken")
			if treat == abrupt {
				return
			}
		case "QUIT":
			say("221 goodbye")
			return
		default:
			say("500 what?")
		}
	}
}

func (b *mailbox) next() mood {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.moods) == 0 {
		return well
	}
	first := b.moods[0]
	b.moods = b.moods[1:]
	return first
}

func (b *mailbox) keep(message []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = append(b.kept, string(message))
}

// mails are the messages taken so far.
func (b *mailbox) mails(t *testing.T) []*mail.Message {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	all := []*mail.Message{}
	for _, text := range b.kept {
		m, err := mail.ReadMessage(strings.NewReader(text))
		require.NoError(t, err)
		all = append(all, m)
	}
	return all
}
