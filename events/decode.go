package events

import (
	"reflect"
)

// Decode reads an event's data into a T and checks its validate tags. The error is an [*InvalidError].
//
// Names are told apart by case, unknown ones are passed over, and numbers keep their digits: into an any they are
// json.Number.
func Decode[T any](e Event) (T, error) {
	var data T
	if len(e.Data) == 0 {
		return data, &InvalidError{Type: e.Type, Fields: []FieldError{{Problem: "has no data"}}}
	}
	if wrong := decode(e.Data, &data); wrong != nil {
		return data, &InvalidError{Type: e.Type, Fields: []FieldError{*wrong}}
	}
	if wrong := check(reflect.ValueOf(&data).Elem()); len(wrong) > 0 {
		return data, &InvalidError{Type: e.Type, Fields: wrong}
	}
	return data, nil
}
