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
		if name == "-" {
			return ""
		}
		return name
	})
	return v
})

// check returns the fields of v that do not pass their validate tags. What holds no struct passes.
func check(v reflect.Value) []FieldError {
	var err error
	switch kindOf(v.Type()) {
	case reflect.Struct:
		if v.Kind() == reflect.Pointer && v.IsNil() {
			return nil
		}
		err = rules().Struct(v.Interface())
	case reflect.Slice, reflect.Array, reflect.Map:
		if kindOf(v.Type().Elem()) != reflect.Struct {
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
	fields := make([]FieldError, len(wrong))
	for i, w := range wrong {
		_, path, ok := strings.Cut(w.Namespace(), ".") // less the struct's own name
		if !ok {
			path = w.Namespace()
		}
		fields[i] = FieldError{Path: path, Problem: problem(w)}
	}
	return fields
}

func kindOf(t reflect.Type) reflect.Kind {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind()
}

// problem puts a broken rule into words. It never quotes the value.
func problem(w validator.FieldError) string {
	switch w.Tag() {
	case "required":
		return "is required"
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

// checkTags panics if the validate tags of T are wrong, so that it shows when a handler is registered and not when
// the first event comes.
func checkTags[T any](registering string) {
	defer func() {
		if r := recover(); r != nil {
			panic(fmt.Sprintf("events: %s: validate tags of %v: %v", registering, reflect.TypeFor[T](), r))
		}
	}()
	if t := reflect.TypeFor[T](); t.Kind() == reflect.Struct {
		check(reflect.Zero(t))
	}
}
