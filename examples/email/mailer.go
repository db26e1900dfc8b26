package main

import (
	"context"
	"fmt"
	"net"
	"net/mail"
	"net/smtp"
	"time"
)

// mailer hands messages to a mail server.
type mailer struct {
	server, host string
	from, to     *mail.Address
	dial         func(ctx context.Context, network, addr string) (net.Conn, error)
}

// newMailer refuses addresses that are none, before an event depends on them.
func newMailer(server, from, to string) (*mailer, error) {
	host, _, err := net.SplitHostPort(server)
	if err != nil {
		return nil, fmt.Errorf("the mail server: %w", err)
	}
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("the sender %q: %w", from, err)
	}
	recipient, err := mail.ParseAddress(to)
	if err != nil {
		return nil, fmt.Errorf("the recipient %q: %w", to, err)
	}
	return &mailer{server, host, sender, recipient, new(net.Dialer).DialContext}, nil
}

// send returns nil once the mail server has taken the message, and an error if it did not, or could not say so before
// ctx ended.
func (m *mailer) send(ctx context.Context, message []byte) error {
	conn, err := m.dial(ctx, "tcp", m.server)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	defer conn.Close()
	// net/smtp knows no contexts. At the end of this one, whether by its deadline or by a cancel, the connection's
	// deadline has passed, and whatever waits for the mail server goes on.
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	if err := m.talk(conn, message); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	return nil
}

// talk hands the message over.
func (m *mailer) talk(conn net.Conn, message []byte) error {
	client, err := smtp.NewClient(conn, m.host)
	if err != nil {
		return err
	}
	if err := client.Mail(m.from.Address); err != nil {
		return err
	}
	if err := client.Rcpt(m.to.Address); err != nil {
		return err
	}
	data, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := data.Write(message); err != nil {
		return err // and not Close, which would end the message where it is
	}
	if err := data.Close(); err != nil {
		return err
	}
	_ = client.Quit() // the message is taken: an error now must not make a second one of it
	return nil
}
