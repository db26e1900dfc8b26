package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// read reads the JSON of a request's body. Members that it does not know are refused, so that a slip of the pen is not
// silence. No body at all is the empty object.
func read[T any](r *http.Request) (into T, err error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return into, err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return into, nil
	}
	return into, decode(body, &into)
}

func decode(body []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		if _, err = dec.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("more than one value")
	}
	if refused, ok := errors.AsType[*refusal](err); ok {
		return refused
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return invalid(wrong.Field, "%s cannot be a %s", wrong.Field, wrong.Value)
	}
	return notJSON(err)
}

// notJSON says that a body is not what it should be, without our types' names.
func notJSON(err error) error {
	why := err.Error()
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		why = strings.TrimPrefix(wrong.Field+" cannot be a "+wrong.Value, " ")
	}
	return &refusal{status: http.StatusBadRequest, detail: "the body is not the JSON object that is wanted: " + strings.TrimPrefix(why, "json: ")}
}

// answer writes a value as JSON.
func answer(w http.ResponseWriter, status int, value any) error {
	return write(w, status, "application/json", value)
}

func write(w http.ResponseWriter, status int, mediaType string, value any) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return err
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store") // it may hold a secret, and is old in a moment
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes())
	return nil
}
