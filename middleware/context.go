package middleware

import (
	"context"

	"github.com/hookmitt/hookmitt/events"
)

type (
	eventKey  struct{}
	tenantKey struct{}
)

// EventFrom returns the event that a handler's context belongs to.
func EventFrom(ctx context.Context) (events.Event, bool) {
	e, ok := ctx.Value(eventKey{}).(events.Event)
	return e, ok
}

// TenantFrom returns whom the request is for, as Options.Tenant said; "" where there are no tenants.
func TenantFrom(ctx context.Context) string {
	tenant, _ := ctx.Value(tenantKey{}).(string)
	return tenant
}
