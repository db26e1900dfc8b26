package conform_test

const (
	twice = "the event's effect happened twice, not once"
	never = "the event's effect happened never, not once"
)

var flawsOfRepeats = map[string]flaw{
	"does repeats again": {finds: map[string]string{
		"IDEM-01": twice, "IDEM-02": "the event's effect happened 11 times, not once", "IDEM-03": twice, "IDEM-06": twice, "IDEM-12": twice,
		"TIME-03": twice, "TIME-04": twice, "CONC-02": "the event's effect happened 6 times, not once",
	}},
	"refuses repeats": {finds: map[string]string{
		"IDEM-01": "answered 409 Conflict: the provider counts a failure", "TIME-04": "answered 409 Conflict: the provider counts a failure",
		"IDEM-02": "answered 409 Conflict: the provider counts a failure",
	}},
	"looks, and writes later": {finds: map[string]string{
		"IDEM-02": "the event's effect happened 10 times, not once", "CONC-02": "the event's effect happened 5 times, not once",
	}},
	"knows repeats by their bodies":                {finds: map[string]string{"IDEM-03": twice, "IDEM-05": never}},
	"throws on a body that comes under another id": {finds: map[string]string{"IDEM-04": threw}},
	"forgets after an hour":                        {finds: map[string]string{"IDEM-06": twice}},
	"throws on ids that it forgot":                 {finds: map[string]string{"IDEM-07": threw}},
	"does not look at the time":                    {provider: "standardwebhooks", finds: map[string]string{"IDEM-08": accepted, "IDEM-09": accepted}},
	"tolerates half of it": {provider: "standardwebhooks", finds: map[string]string{
		"IDEM-08": "answered 401 Unauthorized, though the signature is right",
	}},
	"takes times in the future":             {provider: "standardwebhooks", finds: map[string]string{"IDEM-09": accepted}},
	"takes times that it cannot read":       {provider: "standardwebhooks", finds: map[string]string{"IDEM-10": accepted}},
	"knows repeats by their signatures":     {provider: "standardwebhooks", finds: map[string]string{"IDEM-11": twice}},
	"remembers ids in its process alone":    {finds: map[string]string{"IDEM-12": twice}},
	"lets the test event undo what is done": {provider: "cdhosting", finds: map[string]string{"IDEM-13": never}},
}
