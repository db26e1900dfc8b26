package events

import "time"

// ServerCreated is the data of server.created. The event is documented (cdhosting.host/docs/api-webhooks), its data is
// not: assumed are the fields of [ServerStarted]. As in all of CDHosting's payloads but that one, every field is
// optional, and checked only when it is there. If they are not what CDHosting sends, events are answered 422 and in
// the end the endpoint is disabled; register [Router.Invalid] to park them instead.
type ServerCreated struct {
	ServerID string `json:"server_id,omitzero"` // "srv_abc123"
	Name     string `json:"name,omitzero"`
	Status   string `json:"status,omitzero"` // "provisioning"
	IP       string `json:"ip,omitzero"        validate:"omitempty,ip"`
}

// EventType implements [Payload].
func (ServerCreated) EventType() string { return "server.created" }

// ServerStarted is the data of server.started. It is documented, with all its fields (cdhosting.host/docs/api-webhooks).
type ServerStarted struct {
	ServerID string `json:"server_id" validate:"required"` // "srv_abc123"
	Name     string `json:"name"      validate:"required"`
	Status   string `json:"status"    validate:"required"` // "running"
	IP       string `json:"ip"        validate:"required,ip"`
}

// EventType implements [Payload].
func (ServerStarted) EventType() string { return "server.started" }

// ServerStopped is the data of server.stopped. It is assumed, as that of [ServerCreated] is.
type ServerStopped struct {
	ServerID string `json:"server_id,omitzero"`
	Name     string `json:"name,omitzero"`
	Status   string `json:"status,omitzero"` // "stopped"
	IP       string `json:"ip,omitzero"        validate:"omitempty,ip"`
}

// EventType implements [Payload].
func (ServerStopped) EventType() string { return "server.stopped" }

// ServerRebooted is the data of server.rebooted. It is assumed, as that of [ServerCreated] is.
type ServerRebooted struct {
	ServerID string `json:"server_id,omitzero"`
	Name     string `json:"name,omitzero"`
	Status   string `json:"status,omitzero"` // "running"
	IP       string `json:"ip,omitzero"        validate:"omitempty,ip"`
}

// EventType implements [Payload].
func (ServerRebooted) EventType() string { return "server.rebooted" }

// ServerError is the data of server.error. It is assumed, as that of [ServerCreated] is, and so is where it says what
// went wrong.
type ServerError struct {
	ServerID string        `json:"server_id,omitzero"`
	Name     string        `json:"name,omitzero"`
	Status   string        `json:"status,omitzero"` // "error"
	IP       string        `json:"ip,omitzero"        validate:"omitempty,ip"`
	Error    ServerProblem `json:"error,omitzero"`
}

// EventType implements [Payload].
func (ServerError) EventType() string { return "server.error" }

// ServerProblem is what went wrong with a server.
type ServerProblem struct {
	Code    string `json:"code,omitzero"`
	Message string `json:"message,omitzero"`
}

// BackupCompleted is the data of server.backup.completed. The event is documented, its data is assumed: every field is
// optional, and checked only when it is there.
type BackupCompleted struct {
	ServerID    string    `json:"server_id,omitzero"`
	Name        string    `json:"name,omitzero"` // of the server
	BackupID    string    `json:"backup_id,omitzero"`
	SizeBytes   int64     `json:"size_bytes,omitzero"   validate:"omitempty,gte=0"`
	CompletedAt time.Time `json:"completed_at,omitzero"` // RFC 3339
}

// EventType implements [Payload].
func (BackupCompleted) EventType() string { return "server.backup.completed" }

// PaymentSucceeded is the data of billing.payment.succeeded. The event is documented, its data is assumed: every field
// is optional, and checked only when it is there.
type PaymentSucceeded struct {
	PaymentID string `json:"payment_id,omitzero"`
	InvoiceID string `json:"invoice_id,omitzero"`
	Amount    int64  `json:"amount,omitzero"     validate:"omitempty,gte=0"` // in the currency's minor unit
	Currency  string `json:"currency,omitzero"   validate:"omitempty,len=3,alpha"`
}

// EventType implements [Payload].
func (PaymentSucceeded) EventType() string { return "billing.payment.succeeded" }

// PaymentFailed is the data of billing.payment.failed. It is assumed: the event is documented, its data is not. Every
// field is optional, and checked only when it is there. If it is not what CDHosting sends, events are answered 422 and
// in the end the endpoint is disabled; register [Router.Invalid] to park them instead.
type PaymentFailed struct {
	PaymentID     string `json:"payment_id,omitzero"`
	InvoiceID     string `json:"invoice_id,omitzero"`
	Amount        int64  `json:"amount,omitzero"         validate:"omitempty,gte=0"` // in the currency's minor unit
	Currency      string `json:"currency,omitzero"       validate:"omitempty,len=3,alpha"`
	FailureReason string `json:"failure_reason,omitzero"`
}

// EventType implements [Payload].
func (PaymentFailed) EventType() string { return "billing.payment.failed" }

// SubscriptionCancelled is the data of billing.subscription.cancelled. The event is documented, its data is assumed:
// every field is optional, and checked only when it is there.
type SubscriptionCancelled struct {
	SubscriptionID string    `json:"subscription_id,omitzero"`
	ServerID       string    `json:"server_id,omitzero"`
	CancelledAt    time.Time `json:"cancelled_at,omitzero"` // RFC 3339
	Reason         string    `json:"reason,omitzero"`
}

// EventType implements [Payload].
func (SubscriptionCancelled) EventType() string { return "billing.subscription.cancelled" }

// CDHosting lists the nine events that CDHosting documents, with samples. A receiver takes others too.
func CDHosting() Catalog {
	const server, name, ip = "srv_abc123", "production-web-01", "192.168.1.100"
	at := time.Date(2025, 1, 15, 10, 30, 0, 0, time.UTC)
	return CatalogOf(
		ServerCreated{ServerID: server, Name: name, Status: "provisioning", IP: ip},
		ServerStarted{ServerID: server, Name: name, Status: "running", IP: ip},
		ServerStopped{ServerID: server, Name: name, Status: "stopped", IP: ip},
		ServerRebooted{ServerID: server, Name: name, Status: "running", IP: ip},
		ServerError{
			ServerID: server, Name: name, Status: "error", IP: ip,
			Error: ServerProblem{Code: "disk_failure", Message: "The boot disk does not answer."},
		},
		BackupCompleted{ServerID: server, Name: name, BackupID: "bak_abc123", SizeBytes: 10 << 30, CompletedAt: at},
		PaymentSucceeded{PaymentID: "pay_abc123", InvoiceID: "inv_abc123", Amount: 1999, Currency: "EUR"},
		PaymentFailed{PaymentID: "pay_abc123", InvoiceID: "inv_abc123", Amount: 1999, Currency: "EUR", FailureReason: "card_declined"},
		SubscriptionCancelled{SubscriptionID: "sub_abc123", ServerID: server, CancelledAt: at, Reason: "customer_request"},
	)
}
