package events

import (
	"bytes"
	"encoding"
	stdjson "encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth is how deep values may nest in a body. No documented event goes past 6; a parser's stack is not for
// strangers to measure.
const maxDepth = 512

// eachMember reads a body that must be one JSON object: nothing after it, no name twice at any depth, valid UTF-8, at
// most 512 levels. Each value it passes on shares the body's memory.
func eachMember(body []byte, member func(name string, value []byte)) error {
	if deeperThan(body, maxDepth) {
		return malformed("the body nests deeper than %d levels", maxDepth)
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(body))
	if dec.PeekKind() != '{' {
		return malformed("the body is not a JSON object")
	}
	if _, err := dec.ReadToken(); err != nil {
		return notJSON(err)
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return notJSON(err)
		}
		text := name.String()
		value, err := dec.ReadValue()
		if err != nil {
			return notJSON(err)
		}
		end := dec.InputOffset()
		member(text, body[end-int64(len(value)):end:end])
	}
	if _, err := dec.ReadToken(); err != nil {
		return notJSON(err)
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return malformed("something stands after the body's object")
	}
	return nil
}

// notJSON says where the body stops being JSON. It does not pass the parser's words on, which may quote the body.
func notJSON(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || !errors.As(err, &syntax):
		return malformed("the body is cut short")
	case errors.Is(err, jsontext.ErrDuplicateName):
		return malformed("a name is there twice, at byte %d", syntax.ByteOffset)
	}
	return malformed("the body is no JSON from byte %d on", syntax.ByteOffset)
}

// deeperThan counts brackets outside strings. It may be wrong about what is no JSON, which the parser then refuses.
func deeperThan(body []byte, limit int) bool {
	depth := 0
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '"':
			for i++; i < len(body) && body[i] != '"'; i++ {
				if body[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			if depth++; depth > limit {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}

// textOf reads a string, or an integer digit for digit. Fractions and exponents have more than one spelling.
func textOf(value []byte) (string, bool) {
	switch jsontext.Value(value).Kind() {
	case '"':
		text, err := jsontext.AppendUnquote(nil, value)
		return string(text), err == nil
	case '0':
		return string(value), !bytes.ContainsAny(value, ".eE")
	default:
		return "", false
	}
}

// isObject reports whether value begins as an object does.
func isObject(value []byte) bool { return jsontext.Value(value).Kind() == '{' }

// isValue reports whether data is one JSON value, by the door's rules.
func isValue(data []byte) bool { return jsontext.Value(data).IsValid() }

// quote writes text as a JSON string.
func quote(text string) ([]byte, error) { return jsontext.AppendQuote(nil, text) }

// encode writes v as JSON; maps in the order of their keys, so that equal data are equal bytes.
func encode(v any) ([]byte, error) { return json.Marshal(v, json.Deterministic(true), writeDigits) }

// readers make numbers that land in an interface json.Number, since a float64 would round integers beyond 2⁵³, and take
// PHP's empty map for one.
var readers = json.WithUnmarshalers(json.JoinUnmarshalers(
	json.UnmarshalFromFunc(func(dec *jsontext.Decoder, v *any) error {
		if dec.PeekKind() != '0' {
			return errors.ErrUnsupported
		}
		value, err := dec.ReadValue()
		*v = stdjson.Number(value)
		return err
	}),
	json.UnmarshalFromFunc(readNumber),
	json.UnmarshalFromFunc(func(dec *jsontext.Decoder, u *PostUser) error {
		if dec.PeekKind() != '[' {
			return errors.ErrUnsupported
		}
		value, err := dec.ReadValue()
		if err == nil && len(bytes.TrimSpace(value[1:len(value)-1])) > 0 {
			return &json.SemanticError{JSONKind: '[', GoType: reflect.TypeFor[PostUser]()}
		}
		*u = PostUser{}
		return err
	}),
))

// readNumber reads what the standard library reads into a json.Number, which to the parser is any other string: a
// number, or a string that holds one.
func readNumber(dec *jsontext.Decoder, v *stdjson.Number) error {
	kind := dec.PeekKind()
	if kind != '0' && kind != '"' {
		return errors.ErrUnsupported
	}
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if kind == '"' {
		if value, err = jsontext.AppendUnquote(nil, value); err != nil || !isNumber(value) {
			return &json.SemanticError{JSONKind: kind, GoType: reflect.TypeFor[stdjson.Number]()}
		}
	}
	*v = stdjson.Number(value)
	return nil
}

// writeDigits makes a json.Number a number again, so that what was decoded into an interface is sent on as it came.
var writeDigits = json.WithMarshalers(json.MarshalToFunc(func(enc *jsontext.Encoder, n stdjson.Number) error {
	switch {
	case n == "": // the zero value, as the standard library writes it
		return enc.WriteToken(jsontext.Int(0))
	case !isNumber([]byte(n)):
		return errors.New("a json.Number that is no number")
	}
	if kind, members := enc.StackIndex(enc.StackDepth()); kind == '{' && members%2 == 0 { // a map's key
		return enc.WriteToken(jsontext.String(string(n)))
	}
	return enc.WriteValue(jsontext.Value(n))
}))

func isNumber(text []byte) bool {
	v := jsontext.Value(text)
	return len(text) > 0 && text[0] > ' ' && text[len(text)-1] > ' ' && v.Kind() == '0' && v.IsValid()
}

// decode reads data into v by the same parser and rules as the door, so that there is one reading of a body. Names
// are told apart by case, and unknown ones passed over: providers add fields without notice.
func decode(data []byte, v any) *FieldError {
	err := json.Unmarshal(data, v, readers)
	if err == nil {
		return nil
	}
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return &FieldError{Problem: "is not valid JSON"}
	}
	problem := "cannot be read"
	if semantic.GoType != nil && semantic.JSONKind != 0 {
		has, wants := kindName(semantic.JSONKind), wanted(semantic.GoType)
		if problem = "has " + has + " where " + wants + " is wanted"; has == wants {
			problem = "has " + has + " that cannot be held" // too big, or a fraction
		}
	}
	return &FieldError{Path: wirePath(semantic.JSONPointer), Problem: problem}
}

// readsItself reports whether v has a way of its own to be read, which need not take every object.
func readsItself(v any) bool {
	switch v.(type) {
	case json.Unmarshaler, json.UnmarshalerFrom, encoding.TextUnmarshaler:
		return true
	}
	return false
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '{':
		return "an object"
	case '[':
		return "an array"
	case 't', 'f': // which of them is the value
		return "a boolean"
	default:
		return k.String()
	}
}

// wanted is what a type is filled from, in the words of JSON.
func wanted(t reflect.Type) string {
	switch kind := t.Kind(); {
	case readsItself(reflect.New(t).Interface()):
	case t == reflect.TypeFor[stdjson.Number]():
		return "a number"
	case reflect.Int <= kind && kind <= reflect.Float64:
		return "a number"
	case kind == reflect.Struct || kind == reflect.Map:
		return "an object"
	case kind == reflect.Slice || kind == reflect.Array:
		return "an array"
	case kind == reflect.Bool:
		return "a boolean"
	case kind == reflect.String:
		return "a string"
	}
	return t.String()
}

// printable takes control characters out of a path: names in a map are the sender's, and paths go into logs.
func printable(path string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, path)
}

// wirePath turns /versions/0/body into versions[0].body, the form in which validation names fields.
func wirePath(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		if strings.Trim(token, "0123456789") == "" && token != "" {
			b.WriteString("[" + token + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(token)
	}
	return printable(b.String())
}
