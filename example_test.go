package hookmitt_test

import (
	"fmt"
	"time"

	"github.com/hookmitt/hookmitt"
	"github.com/hookmitt/hookmitt/events"
	"github.com/hookmitt/hookmitt/verify"
)

// Seal is the provider's side of the wire, Open the receiver's.
func ExampleProvider() {
	civo, secret := hookmitt.Civo(), verify.NewSecret("test-secret")
	event := events.Named("instance.created", events.Resource{ResourceID: "84894d17-da88-45bb-8817-9b3b75cf61bf"})
	event.ID = "3f2a6c1e-9d4b-4e0a-8f7c-1b2d3e4f5a6b"

	header, body, err := civo.Seal(secret, event, time.Now())
	fmt.Println(err, string(body))
	fmt.Println(header.Get("X-Civo-Signature"))

	got, _, err := civo.Open([]verify.Secret{secret}, header, body)
	fmt.Println(err, got.ID, got.Type)
	// Output:
	// <nil> {"event":"instance.created","resourceID":"84894d17-da88-45bb-8817-9b3b75cf61bf"}
	// 8106e92cd225d4e5cc53eb389604edd90771bfcd
	// <nil> 3f2a6c1e-9d4b-4e0a-8f7c-1b2d3e4f5a6b instance.created
}

func ExampleProvider_Horizon() {
	fmt.Println(hookmitt.Civo().Horizon())
	fmt.Println(hookmitt.CDHosting().Horizon())
	// Output:
	// 9h35m30s
	// 26h37m0s
}

func ExampleProvider_WithSignatureHeader() {
	cdhosting := hookmitt.CDHosting().WithSignatureHeader("X-Webhook-Signature")
	fmt.Println(cdhosting.Scheme.(verify.HMAC).Header)
	// Output: X-Webhook-Signature
}

func ExampleProvider_WithID() {
	fmt.Println(hookmitt.Civo().Identity())
	fmt.Println(hookmitt.Civo().WithID(events.BodyDigest()).Identity())
	// Output:
	// unsigned id
	// derived id
}

func ExampleFixed() {
	demo := hookmitt.Fixed(5*time.Minute, 30*time.Minute).Faster(60)
	gap, ok := demo.Delay(2)
	fmt.Println(gap, ok, demo.Total())
	// Output: 30s true 35s
}

func ExampleExponential() {
	fmt.Println(hookmitt.Exponential(time.Second, 2, 4).Total())
	// Output: 15s
}
