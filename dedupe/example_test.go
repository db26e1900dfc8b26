package dedupe_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hookmitt/hookmitt/dedupe"
)

func ExampleGuard() {
	guard := &dedupe.Guard{Store: dedupe.NewMemory(0)}
	bank := errors.New("the bank does not answer")
	book := func(context.Context) (int, error) {
		fmt.Println("booking")
		err := bank
		bank = nil
		return 200, err
	}

	invoice := dedupe.Key{Scope: "invoices", ID: "inv_42"}
	for range 3 { // as often as the provider sends it
		r := guard.Do(context.Background(), invoice, book, nil)
		switch {
		case r.StoreErr != nil:
			fmt.Println("come again:", r.StoreErr)
		case r.Claim.State == dedupe.Done:
			fmt.Println("done before, with", r.Claim.Status)
		case r.Claim.State == dedupe.Pending:
			fmt.Println("come again in", r.Claim.Wait)
		case r.Err != nil:
			fmt.Printf("run %d failed: %v\n", r.Claim.Run, r.Err)
		default:
			fmt.Printf("run %d is done\n", r.Claim.Run)
		}
	}
	// Output:
	// booking
	// run 1 failed: the bank does not answer
	// booking
	// run 2 is done
	// done before, with 200
}

func ExampleClaimFrom() {
	var fence uint64 // a column of the row that the event is about
	write := func(ctx context.Context) error {
		claim, _ := dedupe.ClaimFrom(ctx)
		if claim.Token <= fence { // UPDATE … SET fence = $token WHERE fence < $token
			return errors.New("a later run was here")
		}
		fence = claim.Token
		fmt.Printf("run %d of %s wrote\n", claim.Run, claim.Key.ID)
		return nil
	}

	guard := &dedupe.Guard{Store: dedupe.NewMemory(0)}
	guard.Do(context.Background(), dedupe.Key{Scope: "invoices", ID: "inv_42"}, func(ctx context.Context) (int, error) {
		return 200, write(ctx)
	}, nil)
	// Output:
	// run 1 of inv_42 wrote
}

func ExampleMemory() {
	store := dedupe.NewMemory(2)
	ctx, hold := context.Background(), dedupe.Hold{Lease: 15 * time.Second, Remember: 48 * time.Hour}

	for _, id := range []string{"evt_1", "evt_2", "evt_3"} {
		claim, err := store.Claim(ctx, dedupe.Key{Scope: "test", ID: id}, "owner", hold)
		if err != nil {
			fmt.Println(err) // nothing is forgotten early to make room
			continue
		}
		fmt.Println(id, "is", claim.State)
		_ = store.Commit(ctx, claim, 200)
	}
	held, limit := store.Fill()
	fmt.Println(held, "of", limit)
	// Output:
	// evt_1 is claimed
	// evt_2 is claimed
	// dedupe: the store is full
	// 2 of 2
}
