package events

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/go-playground/validator/v10"
)

// rules is the one validator, which learns each type once. It names fields as the wire does.
var rules = sync.OnceValue(func() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
			return ""
		case name == "" && f.Anonymous:
			return inlined
		}
		return name
	})
	v.RegisterStructValidation(func(s validator.StructLevel) { // no tag says that two fields exclude each other in the wire's words
		if d, ok := s.Current().Interface().(PostDeleted); ok && d.Deleted == d.ToTrash {
			s.ReportError(d.Deleted, "deleted", "Deleted", "either", "to_trash")
		}
	}, PostDeleted{})
	return v
})

// inlined stands in a path for an embedded struct, which the wire does not name. No JSON name of a Go tag holds it.
const inlined = "\x00"

// check returns the fields of v that do not pass their validate tags. What holds no struct passes.
func check(v reflect.Value) []FieldError {
	var err error
	switch elemOf(v.Type()).Kind() {
	case reflect.Struct:
		if v.Kind() == reflect.Pointer && v.IsNil() {
			return nil
		}
		err = rules().Struct(v.Interface())
	case reflect.Slice, reflect.Array, reflect.Map:
		if elemOf(elemOf(v.Type()).Elem()).Kind() != reflect.Struct {
			return nil
		}
		err = rules().Var(v.Interface(), "dive")
	default:
		return nil
	}
	var wrong validator.ValidationErrors
	if !errors.As(err, &wrong) {
		return nil
	}
	root := "" // the struct's own name, which may hold dots, stands first; one without a name, or a list, has none
	if t := elemOf(v.Type()); t.Kind() == reflect.Struct && t.Name() != "" {
		root = t.Name() + "."
	}
	fields := make([]FieldError, len(wrong))
	for i, w := range wrong {
		path := strings.ReplaceAll(strings.TrimPrefix(w.Namespace(), root), inlined+".", "")
		fields[i] = FieldError{Path: printable(path), Problem: problem(w)}
	}
	return fields
}

func elemOf(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// problem puts a broken rule into words. It never quotes the value.
func problem(w validator.FieldError) string {
	switch w.Tag() {
	case "required":
		return "is required"
	case "either":
		return "must be true, or " + w.Param() + " must, but not both"
	case "ip":
		return "must be an IP address"
	case "uuid", "uuid4", "uuid_rfc4122":
		return "must be a UUID"
	case "url", "http_url":
		return "must be a URL"
	case "gte", "min":
		return "must be at least " + w.Param()
	case "lte", "max":
		return "must be at most " + w.Param()
	case "oneof":
		return "must be one of " + w.Param()
	}
	if w.Param() != "" {
		return fmt.Sprintf("does not pass %s=%s", w.Tag(), w.Param())
	}
	return "does not pass " + w.Tag()
}

// checkType panics if T's validate tags are wrong, or if JSON cannot fill it, so that it shows when a handler is
// registered and not when the first event comes.
func checkType[T any](registering string) {
	about := "validate tags of "
	defer func() {
		if r := recover(); r != nil {
			panic(fmt.Sprintf("events: %s: %s%v: %v", registering, about, reflect.TypeFor[T](), r))
		}
	}()
	seen := map[reflect.Type]bool{}
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			visit(t.Elem())
		case reflect.Struct:
			if seen[t] {
				return
			}
			seen[t] = true
			check(reflect.Zero(t))
			for i := range t.NumField() {
				if f := t.Field(i); f.IsExported() || f.Anonymous {
					visit(f.Type)
				}
			}
		}
	}
	visit(reflect.TypeFor[T]())

	if t := reflect.TypeFor[T](); t.Kind() == reflect.Struct && !readsItself(new(T)) {
		about = ""
		if wrong := decode([]byte("{}"), new(T)); wrong != nil {
			panic("JSON cannot be read into it")
		}
	}
}
