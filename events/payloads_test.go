package events_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/events"
)

// payload is a payload type, for tests that go through all of them.
type payload struct {
	zero   events.Payload
	decode func(e events.Event) (any, error)
	on     func(r *events.Router, report func(e events.Event, data any))
}

func of[T events.Payload]() payload {
	var zero T
	return payload{
		zero:   zero,
		decode: func(e events.Event) (any, error) { return events.Decode[T](e) },
		on: func(r *events.Router, report func(events.Event, any)) {
			events.On(r, func(_ context.Context, e events.Event, data T) error {
				report(e, data)
				return nil
			})
		},
	}
}

var payloads = []payload{
	of[events.ServerCreated](), of[events.ServerStarted](), of[events.ServerStopped](), of[events.ServerRebooted](), of[events.ServerError](),
	of[events.BackupCompleted](), of[events.PaymentSucceeded](), of[events.PaymentFailed](), of[events.SubscriptionCancelled](),
	of[events.PostCreated](), of[events.PostUpdated](), of[events.PostScheduled](), of[events.PostPublished](), of[events.PostPublishingFailed](),
	of[events.PostDeleted](), of[events.AccountAdded](), of[events.AccountUpdated](), of[events.AccountDeleted](),
}

// names are all types that are known of each provider, as its page or its users write them.
var names = map[string]string{
	"Civo": `
		instance.created instance.active instance.updated instance.deleted instance.firewall.updated instance.rebooted
		instance.rebuilt instance.stopped instance.started instance.restored instance.tags.updated instance.resized
		instance.ip_address.updated instance.high_cpu.started instance.high_cpu.ended instance.rescued instance.unrescued
		domain.created domain.updated domain.deleted
		domain_record.created domain_record.updated domain_record.deleted
		firewall.created firewall.updated firewall.deleted
		firewall_rule.created firewall_rule.deleted
		kubernetes_cluster.created kubernetes_cluster.active kubernetes_cluster.failed kubernetes_cluster.scaled
		kubernetes_cluster.node_reaped kubernetes_cluster.too_many_rebuilds
		load_balancer.created load_balancer.updated load_balancer.deleted
		network.created network.updated network.deleted
		ssh_key.created ssh_key.updated ssh_key.deleted
		snapshot.created snapshot.completed snapshot.deleted snapshot.failed snapshot.retrying
		template.created template.updated template.deleted
		volume.created volume.updated volume.deleted volume.attached volume.detached volume.resized volume.renamed`,
	"Mixpost": `
		post.created post.updated post.scheduled post.published post.publishing_failed post.deleted
		account.added account.updated account.deleted`,
	"CDHosting": `
		server.created server.started server.stopped server.rebooted server.error server.backup.completed
		billing.payment.succeeded billing.payment.failed billing.subscription.cancelled`,
}

func TestTheCataloguesHaveAllKnownTypesAndNoOther(t *testing.T) {
	t.Parallel()
	for name, count := range map[string]int{"Civo": 58, "Mixpost": 9, "CDHosting": 9} {
		want := slices.Sorted(slices.Values(strings.Fields(names[name])))
		require.Len(t, want, count)
		require.Equal(t, want, providers[name].catalog().Types(), name)
	}
}

func TestEveryTypeWithAnEnvelopeHasAPayload(t *testing.T) {
	t.Parallel()
	var types []string
	for _, p := range payloads {
		types = append(types, p.zero.EventType())
	}
	require.ElementsMatch(t, strings.Fields(names["Mixpost"]+names["CDHosting"]), types)

	r, got := events.NewRouter(), map[string]any{}
	for _, p := range payloads {
		p.on(r, func(e events.Event, data any) { got[e.Type] = data })
	}
	for _, catalog := range []events.Catalog{events.Mixpost(), events.CDHosting()} {
		for _, typ := range catalog.Types() {
			e, _ := catalog.Sample(typ)
			require.NoError(t, r.HandleEvent(t.Context(), e), typ)
			require.Equal(t, catalog[typ], got[typ])
		}
	}
}

// The constants are read from the source, where one that the catalogue lacks, or that is misspelt, would stand.
func TestCivosConstantsAreNamedAfterTheWire(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "civo_events.go", nil, 0)
	require.NoError(t, err)
	constants := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if value, ok := spec.Values[0].(*ast.BasicLit); ok {
				constants[spec.Names[0].Name], err = strconv.Unquote(value.Value)
				require.NoError(t, err)
			}
		}
		return true
	})
	require.ElementsMatch(t, strings.Fields(names["Civo"]), slices.Collect(maps.Values(constants)))
	initials := strings.NewReplacer("Ip", "IP", "Cpu", "CPU", "Ssh", "SSH")
	for name, typ := range constants {
		var want strings.Builder
		for word := range strings.FieldsFuncSeq(typ, func(r rune) bool { return r == '.' || r == '_' }) {
			want.WriteString(initials.Replace(strings.ToUpper(word[:1]) + word[1:]))
		}
		require.Equal(t, want.String(), name)
	}
}
