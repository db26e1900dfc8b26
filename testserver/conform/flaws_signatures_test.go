package conform_test

const accepted = "answered 200 OK: it was accepted"

var flawsOfSignatures = map[string]flaw{
	"takes unsigned requests":  {finds: map[string]string{"SIG-01": accepted, "SIG-15": accepted, "HDR-06": accepted}},
	"takes an empty signature": {finds: map[string]string{"SIG-02": accepted}},
	"takes what looks like a digest": {finds: map[string]string{
		"SIG-03": accepted, "SIG-04": accepted, "SIG-05": accepted, "SIG-08": accepted, "SIG-13": accepted,
	}},
	"verifies what it parsed and wrote again": {finds: map[string]string{
		"SIG-05": accepted, "ENC-03": "answered 401 Unauthorized, though the signature is right",
	}},
	"compares as many digits as it is given": {finds: map[string]string{"SIG-06": accepted}},
	"compares as many digits as it expects":  {finds: map[string]string{"SIG-07": accepted}},
	"hangs up on digests of another length": {finds: map[string]string{
		"SIG-06": "the connection was closed without an answer", "SIG-07": "the connection was closed without an answer",
	}},
	"takes what it cannot decode for nothing": {finds: map[string]string{"SIG-08": accepted}},
	"throws on bytes over 0x7f":               {finds: map[string]string{"SIG-09": "answered 500 Internal Server Error"}},
	"throws on capitals":                      {finds: map[string]string{"SIG-10": "answered 500 Internal Server Error"}},
	"throws on prefixes":                      {finds: map[string]string{"SIG-11": "answered 500 Internal Server Error"}},
	"takes the hash from the digest":          {finds: map[string]string{"SIG-12": accepted}},
	"takes the empty secret":                  {finds: map[string]string{"SIG-13": accepted}},
	"kept the documentation's secret":         {finds: map[string]string{"SIG-14": accepted}},
	"looks for signatures in the query":       {finds: map[string]string{"SIG-15": accepted}},
	"looks for signatures in other headers":   {finds: map[string]string{"SIG-15": accepted}},
	"takes the first of two signature headers": {finds: map[string]string{
		"SIG-16": "answered 401 Unauthorized with the wrong one first, and 200 OK with the right one first",
	}},
	"takes the last of two signature headers": {finds: map[string]string{
		"SIG-16": "answered 200 OK with the wrong one first, and 401 Unauthorized with the right one first",
	}},
	"takes any of two signature headers": {lenient: true, finds: map[string]string{"SIG-16": "answered 200 OK; 401 is safer"}},
	"reads the first signature of a list alone": {provider: "standardwebhooks", finds: map[string]string{
		"SIG-17": "answered 401 Unauthorized, though the signature is right",
	}},
	"reads the last signature of a list alone": {provider: "standardwebhooks", finds: map[string]string{
		"SIG-17": "answered 401 Unauthorized, though the signature is right",
	}},
	"refuses lists with a signature that it does not know": {provider: "standardwebhooks", finds: map[string]string{
		"SIG-17": "answered 401 Unauthorized, though the signature is right", "ROT-04": "answered 401 Unauthorized, though the signature is right",
	}},
	"takes signatures of any version":                   {provider: "standardwebhooks", finds: map[string]string{"SIG-18": accepted}},
	"tells the signature that it expects":               {provider: "github", finds: map[string]string{"SIG-19": "the answer tells the right signature"}},
	"tells the signature that it expected, in a header": {finds: map[string]string{"SIG-19": "the answer tells the signature that it expected"}},
	"shows a stack":             {finds: map[string]string{"SIG-19": "the answer tells a stack"}},
	"parses before it verifies": {finds: map[string]string{"SIG-20": "answered 400 Bad Request; 401 says what is wrong"}},

	// Secrets.
	"knows the current secret alone": {finds: map[string]string{"ROT-01": "answered 401 Unauthorized, though the signature is right"}},
	"keeps the previous secret":      {finds: map[string]string{"ROT-02": accepted}},
	"marks the ids of what it refuses": {finds: map[string]string{
		"ROT-03": "the event's effect happened never, not once",
	}},
}
