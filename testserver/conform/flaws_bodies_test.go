package conform_test

const threw = "answered 500 Internal Server Error"

var flawsOfBodies = map[string]flaw{
	"reads the body as Latin-1":                   {finds: map[string]string{"ENC-01": "answered 401 Unauthorized, though the signature is right"}},
	"writes escapes anew before it verifies":      {finds: map[string]string{"ENC-02": "answered 401 Unauthorized, though the signature is right"}},
	"trims the body before it verifies":           {finds: map[string]string{"ENC-03": "answered 401 Unauthorized, though the signature is right"}},
	"throws on a byte-order mark":                 {finds: map[string]string{"ENC-04": threw}},
	"takes a byte-order mark for a forgery":       {lenient: true, finds: map[string]string{"ENC-04": "answered 401 Unauthorized; 400 says what is wrong"}},
	"throws on what is no UTF-8":                  {finds: map[string]string{"ENC-05": threw}},
	"throws on gzip":                              {finds: map[string]string{"ENC-07": threw, "ENC-08": threw}},
	"throws on what is not the gzip that it says": {finds: map[string]string{"ENC-08": threw}},
	"runs out of memory when it inflates":         {finds: map[string]string{"ENC-09": threw}},
	"takes the last of two members":               {finds: map[string]string{"ENC-10": accepted}},

	"throws on JSON that is cut off":   {finds: map[string]string{"BODY-01": threw}},
	"throws on an empty body":          {finds: map[string]string{"BODY-02": threw}},
	"throws on JSON that is no object": {finds: map[string]string{"BODY-03": threw}},
	"does what it cannot read": {finds: map[string]string{
		"BODY-01": "the event's effect happened once, though the request should have none",
		"BODY-02": "the event's effect happened once, though the request should have none",
		"BODY-03": "the event's effect happened once, though the request should have none",
	}},
	"accepts what it cannot read": {lenient: true, finds: map[string]string{
		"BODY-01": "answered 200 OK: it was accepted, and nobody will ever know what it meant",
		"BODY-02": "answered 200 OK: it was accepted, and nobody will ever know what it meant",
		"BODY-03": "answered 200 OK: it was accepted, and nobody will ever know what it meant",
	}},
	"throws on events without a type":  {finds: map[string]string{"BODY-04": threw}},
	"does events without a type":       {finds: map[string]string{"BODY-04": "the event's effect happened once, though the request should have none"}},
	"throws on members of other types": {finds: map[string]string{"BODY-05": threw}},
	"throws on deep JSON":              {finds: map[string]string{"BODY-06": threw}},
	"reads members in quadratic time":  {finds: map[string]string{"BODY-07": "no answer came in time: 5s"}},
	"lets __proto__ into all objects":  {fatal: true, finds: map[string]string{"BODY-08": "500 Internal Server Error"}},
	"throws on __proto__":              {finds: map[string]string{"BODY-08": threw}},
	"reads the first JSON value alone": {finds: map[string]string{"BODY-09": accepted}},
}
