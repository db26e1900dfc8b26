package conform_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt/testserver/conform"
)

func TestAMessagesHeader(t *testing.T) {
	t.Parallel()
	m := conform.NewMessage("", 0, 0)
	m.Add("Host", "receiver.test")
	m.Add("X-Id", "1")
	m.Add("x-id", "2")
	m.Add("X-Last", "9")
	original := m.Clone()

	require.Equal(t, "1", m.Get("X-ID"), "the first of that name")
	require.Empty(t, m.Get("X-Other"))
	m.Set("x-ID", "3")
	require.Equal(t, "POST / HTTP/1.1\r\nHost: receiver.test\r\nx-ID: 3\r\nX-Last: 9\r\nContent-Length: 0\r\n\r\n", m.Head(),
		"one of them is left, at the first one's place, as it was spelled last")
	m.Set("X-New", "4")
	m.Del("X-LAST")
	require.Equal(t, "POST / HTTP/1.1\r\nHost: receiver.test\r\nx-ID: 3\r\nX-New: 4\r\nContent-Length: 0\r\n\r\n", m.Head())
	require.Equal(t, "POST / HTTP/1.1\r\nHost: receiver.test\r\nX-Id: 1\r\nx-id: 2\r\nX-Last: 9\r\nContent-Length: 0\r\n\r\n", original.Head(),
		"of which the original knows nothing")
}

func TestAMessageIsWritten(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 64<<10)
	for name, c := range map[string]struct {
		body         string
		chunk, piece int
		change       func(m *conform.Message)
		head         string // the header of its length
		pieces       []string
	}{
		"at once":                     {body: "hello", head: "Content-Length: 5\r\n", pieces: []string{"hello"}},
		"without a body":              {head: "Content-Length: 0\r\n"},
		"a long body":                 {body: long + "y", head: "Content-Length: 65537\r\n", pieces: []string{long, "y"}},
		"in pieces":                   {body: "hello", piece: 2, head: "Content-Length: 5\r\n", pieces: []string{"he", "ll", "o"}},
		"in chunks":                   {body: "hello", chunk: 3, head: "Transfer-Encoding: chunked\r\n", pieces: []string{"3\r\nhel\r\n", "2\r\nlo\r\n", "0\r\n\r\n"}},
		"in a chunk of over 15 bytes": {body: long[:26], chunk: 26, head: "Transfer-Encoding: chunked\r\n", pieces: []string{"1a\r\n" + long[:26] + "\r\n", "0\r\n\r\n"}},
		"in no chunk":                 {chunk: 3, head: "Transfer-Encoding: chunked\r\n", pieces: []string{"0\r\n\r\n"}},
		"with another length": {
			body: "hello", piece: 4, change: func(m *conform.Message) { m.Declare(1 << 30) },
			head: "Content-Length: 1073741824\r\n", pieces: []string{"hell", "o"},
		},
		"without a length": {body: "hello", change: (*conform.Message).Bare, pieces: []string{"hello"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := conform.NewMessage(c.body, c.chunk, c.piece)
			if c.change != nil {
				c.change(m)
			}
			require.Equal(t, "POST / HTTP/1.1\r\n"+c.head+"\r\n", m.Head())
			require.Equal(t, c.pieces, m.Pieces())
		})
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a\n\tb\\x0d\\x00\\x7f\\xff\\xc3\\xa9\\x0d", conform.Printable([]byte("a\r\n\tb\r\x00\x7f\xff\u00e9\r")))
	require.Equal(t, strings.Repeat("x", conform.MaxShown)+"… and 3 bytes more", conform.Printable([]byte(strings.Repeat("x", conform.MaxShown+3))))
	require.Empty(t, conform.Printable(nil))
}

func FuzzPrintable(f *testing.F) {
	f.Add([]byte("POST / HTTP/1.1\r\n\r\n\x00\xff"))
	f.Add([]byte(strings.Repeat("\x80", 3000)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		text := strings.Replace(conform.Printable(raw), "… and ", "", 1)
		for _, c := range []byte(text) {
			require.True(t, c == '\n' || c == '\t' || c >= ' ' && c < 0x7f, "%q", text)
		}
		require.LessOrEqual(t, len(text), 4*conform.MaxShown+len("18446744073709551615 bytes more"))
	})
}

func TestWithMember(t *testing.T) {
	t.Parallel()
	for object, want := range map[string]string{
		`{}`:              `{"x":1}`,
		"{ \n}":           "{ \n\"x\":1}",
		`{"a":{}}`:        `{"a":{},"x":1}`,
		"{\"a\":\"}\"}\n": "{\"a\":\"}\",\"x\":1}\n",
		`[]`:              `[]`,
		``:                ``,
	} {
		require.Equal(t, want, string(conform.WithMember([]byte(object), `"x":1`)), object)
	}
}

func FuzzWithMember(f *testing.F) {
	f.Add([]byte(`{"a":{"b":"}"}}`))
	f.Add([]byte(" {\n} "))
	f.Fuzz(func(t *testing.T, object []byte) {
		var was, is map[string]json.RawMessage
		if json.Unmarshal(object, &was) != nil || was == nil {
			return
		}
		before := string(object)
		more := conform.WithMember(object, `"sim_note":"new"`)
		require.Equal(t, before, string(object), "the object stays as it was")
		require.NoError(t, json.Unmarshal(more, &is), "%s", more)
		was["sim_note"] = json.RawMessage(`"new"`)
		require.Equal(t, was, is)
	})
}

func TestIDsAreNewUUIDs(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 10_000 {
		id := conform.NewID()
		require.Regexp(t, form, id)
		require.False(t, seen[id], id)
		seen[id] = true
	}
}
