package verify_test

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hookmitt/hookmitt/verify"
)

func ExampleHMAC() {
	civo := verify.HMAC{Header: "X-Civo-Signature", Hash: crypto.SHA1}
	secret := verify.NewSecret("test-secret")
	body := []byte(`{"event":"instance.created","resourceID":"84894d17-da88-45bb-8817-9b3b75cf61bf"}`)

	// The sender, or a test that plays it.
	h := http.Header{}
	if err := civo.Sign(secret, h, body, time.Now()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(h.Get("X-Civo-Signature"))

	// The receiver.
	_, err := civo.Verify([]verify.Secret{secret}, h, body)
	fmt.Println(err)
	_, err = civo.Verify([]verify.Secret{secret}, h, append(body, '\n'))
	fmt.Println(err)
	// Output:
	// 8106e92cd225d4e5cc53eb389604edd90771bfcd
	// <nil>
	// verify: signature does not match
}

func ExampleKeyring_Rotate() {
	scheme := verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256}
	body := []byte(`{"event":"post.published"}`)
	old := verify.NewSecret("the old secret")
	ring := verify.NewKeyring(old)

	h := http.Header{}
	if err := scheme.Sign(old, h, body, time.Now()); err != nil {
		fmt.Println(err)
		return
	}
	check := func(when string) {
		accepted, err := ring.Secrets(context.Background())
		if err == nil {
			_, err = scheme.Verify(accepted, h, body)
		}
		fmt.Println(when, err)
	}

	check("before:")
	if err := ring.Rotate(verify.NewSecret("the new secret")); err != nil {
		fmt.Println(err)
	}
	check("rotated:") // retries that were signed before still come in
	ring.Retire()
	check("retired:")
	// Output:
	// before: <nil>
	// rotated: <nil>
	// retired: verify: signature does not match
}

func ExampleNewSecret() {
	secret := verify.NewSecret("test-secret")
	fmt.Println(secret)
	fmt.Printf("%q %x\n", secret, []verify.Secret{secret})

	unset := verify.NewSecret("") // os.Getenv of a variable that is not there, say
	_, err := verify.HMAC{Header: "X-Signature", Hash: crypto.SHA256}.Verify(
		[]verify.Secret{unset},
		http.Header{"X-Signature": {"b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"}}, // of nothing, under no key
		nil,
	)
	fmt.Println(errors.Is(err, verify.ErrEmptySecret))
	// Output:
	// [secret]
	// [secret] [[secret]]
	// true
}
