package redisstore

import (
	"crypto/fips140"
	_ "embed" // the scripts

	"github.com/redis/go-redis/v9"
)

// The scripts. Each is one step on one record, which is one of
//
//	P<end of the lease, µs>:<lease, µs>:<token>:<run>:<owner>   pending
//	F<token>:<runs>                                              failed
//	D<token>:<status>                                            done
//	N<token>:<owner>                                             forgotten, while owner ran it if there is one
//
// and expires when it is no longer to be remembered. The lease is a moment of Redis's clock, and so holds for a reader
// with any Hold. Redis 6.0 and later know all that they use.
var (
	//go:embed claim.lua
	claimLua string
	//go:embed settle.lua
	settleLua string
	//go:embed forget.lua
	forgetLua string
)

// newScript names the script by its SHA-1, as Redis does. Where that hash is forbidden Redis is asked for the name.
func newScript(text string) *redis.Script {
	if fips140.Enforced() {
		return redis.NewScriptServerSHA(text)
	}
	return redis.NewScript(text)
}
