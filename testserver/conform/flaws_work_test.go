package conform_test

const lost = "answered 200 OK, though the handler had failed: the provider takes it for done, and the event is lost"

var flawsOfWork = map[string]flaw{
	"takes nine tenths of the time":     {lenient: true, finds: map[string]string{"TIME-01": "the slowest took 4.505s of 5s"}},
	"sleeps at every tenth delivery":    {finds: map[string]string{"TIME-01": "no answer came in time: 5s"}},
	"answers when the work is done":     {finds: map[string]string{"TIME-02": "the provider counts a failure though the work goes on"}},
	"ends the work with the connection": {finds: map[string]string{"TIME-03": never}},
	"waits for a body for ever": {finds: map[string]string{
		"TIME-05": "it was still waiting after 1m0s", "TIME-06": "it was still waiting after 1m0s",
	}},
	"takes a body that broke off":         {finds: map[string]string{"TIME-06": accepted}},
	"does again what it could not answer": {finds: map[string]string{"TIME-08": "the effect happened twice"}},
	"takes 100 connections": {
		front: &front{width: 100}, finds: map[string]string{"TIME-07": "no answer came in time: 1s"},
	},

	"marks ids before the work is done": {finds: map[string]string{"RETRY-01": never, "RETRY-03": lost}},
	"answers 200 to what failed":        {finds: map[string]string{"RETRY-01": lost}},
	"answers 422 to what failed": {lenient: true, finds: map[string]string{
		"RETRY-01": "answered 422 Unprocessable Entity: some providers take a 4xx for the last word",
		"RETRY-03": "answered 422 Unprocessable Entity: some providers take a 4xx for the last word",
	}},
	"hangs up when a handler panics":       {finds: map[string]string{"RETRY-02": "a handler that goes wrong should be answered 500"}},
	"gives up after three runs":            {finds: map[string]string{"RETRY-03": lost, "RETRY-04": lost}},
	"gives up at the sixth run":            {finds: map[string]string{"RETRY-04": lost}},
	"stops at an event that fails":         {finds: map[string]string{"ORD-03": threw}},
	"stops when an event failed six times": {finds: map[string]string{"RETRY-08": threw}},

	"takes 40 at once":                    {finds: map[string]string{"CONC-01": threw}},
	"takes 100 at once":                   {finds: map[string]string{"RETRY-10": threw}},
	"refuses slowly, one after the other": {finds: map[string]string{"CONC-03": "no answer came in time: 5s"}},
}
