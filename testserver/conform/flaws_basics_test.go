package conform_test

var flawsOfBasics = map[string]flaw{
	"does nothing":                        {finds: map[string]string{"BASE-01": "the event's effect happened never, not once"}},
	"refuses the test event":              {finds: map[string]string{"BASE-02": "answered 400 Bad Request: the provider counts a failure"}},
	"refuses types that it does not know": {finds: map[string]string{"BASE-03": "answered 404 Not Found"}},
	"does what it does not know":          {finds: map[string]string{"BASE-03": "the event's effect happened once, not never"}},
	"refuses members that it does not know": {finds: map[string]string{
		"BASE-04": "answered 400 Bad Request", "ENC-01": "answered 400 Bad Request",
	}},
	"answers at length": {finds: map[string]string{"BASE-05": "the answer's body is over 64 KiB long"}},
	"dies of what it refuses": {finds: map[string]string{
		"SIG-01": "after that a valid delivery on a new connection was not accepted: 500", "HTTP-14": "answered 500 Internal Server Error",
	}},
	"sets a cookie": {finds: map[string]string{"BASE-05": "the answer sets a cookie"}},

	// Sizes.
	"takes less than its limit": {finds: map[string]string{"SIZE-01": "answered 413 Request Entity Too Large"}},
	"has no limit":              {finds: map[string]string{"SIZE-02": "it was accepted", "SIZE-03": "it was accepted"}},
	"believes Content-Length":   {finds: map[string]string{"SIZE-03": "it was accepted"}},
	"answers 400 to what is too long": {lenient: true, finds: map[string]string{
		"SIZE-02": "answered 400 Bad Request; 413 says what is wrong",
		"SIZE-03": "answered 400 Bad Request; 413 says what is wrong",
	}},
	"reads all that strangers send": {finds: map[string]string{"SIZE-04": "bytes were taken, of a limit of 262144"}},
	"throws on many headers":        {finds: map[string]string{"SIZE-05": "answered 500 Internal Server Error: the request is at fault"}},
	"dies of many headers":          {fatal: true, finds: map[string]string{"SIZE-05": "after that a valid delivery on a new connection was not accepted: 500"}},
}
