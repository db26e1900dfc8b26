package events

// ServerStarted is the data of server.started. It is documented, with all its fields (cdhosting.host/docs/api-webhooks).
type ServerStarted struct {
	ServerID string `json:"server_id" validate:"required"` // "srv_abc123"
	Name     string `json:"name"      validate:"required"`
	Status   string `json:"status"    validate:"required"` // "running"
	IP       string `json:"ip"        validate:"required,ip"`
}

// EventType implements [Payload].
func (ServerStarted) EventType() string { return "server.started" }

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

// CDHosting lists events that CDHosting sends, with samples.
func CDHosting() Catalog {
	return catalog(
		ServerStarted{ServerID: "srv_abc123", Name: "production-web-01", Status: "running", IP: "192.168.1.100"},
		PaymentFailed{PaymentID: "pay_abc123", InvoiceID: "inv_abc123", Amount: 1999, Currency: "EUR", FailureReason: "card_declined"},
	)
}
