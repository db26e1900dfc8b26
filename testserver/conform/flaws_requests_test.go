package conform_test

import "bytes"

var flawsOfRequests = map[string]flaw{
	"throws on GET":    {finds: map[string]string{"HTTP-01": threw}},
	"shows a page":     {lenient: true, finds: map[string]string{"HTTP-01": "answered 200 OK, as if it had been a delivery"}},
	"takes any method": {finds: map[string]string{"HTTP-02": accepted}},
	"obeys a header that says another method": {finds: map[string]string{"HTTP-03": "answered 405 Method Not Allowed"}},
	"throws on OPTIONS":                       {finds: map[string]string{"HTTP-04": threw}},
	"compares the whole content type":         {finds: map[string]string{"HTTP-05": "answered 415 Unsupported Media Type"}},
	"throws on types that it does not know":   {finds: map[string]string{"HTTP-06": threw}},
	"throws on forms":                         {finds: map[string]string{"HTTP-07": threw}},
	"has forms parsed before it verifies":     {lenient: true, finds: map[string]string{"HTTP-07": "answered 401 Unauthorized; 415 or 400 says what is wrong"}},
	"throws at another slash":                 {finds: map[string]string{"HTTP-08": "answered 500 Internal Server Error at /hooks/"}},
	"compares the whole target":               {finds: map[string]string{"HTTP-09": "answered 404 Not Found"}},
	"reads once":                              {finds: map[string]string{"HTTP-11": "answered 401 Unauthorized, though the signature is right"}},
	"refuses HTTP/1.0":                        {finds: map[string]string{"HTTP-12": "answered 505 HTTP Version Not Supported"}},
	"refuses to be asked first":               {finds: map[string]string{"HTTP-13": "answered 417 Expectation Failed"}},
	"ends a connection with what it refuses, and does not say so": {finds: map[string]string{
		"HTTP-14": "the connection was closed without an answer",
	}},

	"knows headers by their capitals": {
		front: &front{mend: func(r []byte) []byte {
			return bytes.Replace(r, []byte("\r\nx-civo-signature"), []byte("\r\nx-other"), 1)
		}},
		finds: map[string]string{"HTTP-10": "answered 401 Unauthorized, though the signature is right"},
	},
	"throws on two lengths": {
		front: &front{throws: func(r []byte) bool {
			return bytes.Contains(r, []byte("Content-Length:")) && bytes.Contains(r, []byte("Transfer-Encoding:"))
		}},
		finds: map[string]string{"HTTP-15": threw},
	},
	"mends what has two lengths": {
		front: &front{mend: func(r []byte) []byte { return bytes.Replace(r, []byte("Content-Length: 7\r\n"), nil, 1) }},
		finds: map[string]string{"HTTP-16": accepted},
	},
	"mends spaces before colons": {
		front: &front{mend: func(r []byte) []byte { return bytes.Replace(r, []byte("X-Note :"), []byte("X-Note:"), 1) }},
		finds: map[string]string{"HTTP-16": accepted},
	},
	"mends values with a NUL": {
		front: &front{mend: func(r []byte) []byte { return bytes.Replace(r, []byte{0}, nil, 1) }},
		finds: map[string]string{"HTTP-16": accepted},
	},
	"takes the space around a value for part of it": {
		front: &front{mend: func(r []byte) []byte {
			return bytes.Replace(r, []byte("X-Civo-Signature:  \t "), []byte("X-Civo-Signature: _"), 1)
		}},
		finds: map[string]string{"HDR-04": "answered 401 Unauthorized, though the signature is right"},
	},

	"makes up an id that is missing":    {finds: map[string]string{"HDR-01": accepted}},
	"does the work for each of two ids": {finds: map[string]string{"HDR-02": "answered 200 OK, and the effect happened twice"}},
	"throws on long ids":                {finds: map[string]string{"HDR-03": threw}},
	"joins folded lines":                {finds: map[string]string{"HDR-05": accepted}},
	"trusts who comes from 127.0.0.1":   {finds: map[string]string{"HDR-06": accepted}},
	"refuses ids in capitals":           {finds: map[string]string{"HDR-08": "answered 400 Bad Request"}},
}
