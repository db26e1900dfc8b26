package testserver

import (
	"context"
	"errors"
	"strconv"
	"strings"
)

// Timeline is the attempts of a delivery, in their order.
type Timeline []Attempt

// String is the timeline in a line: when each attempt began, counted from the first, and its status.
//
//	0s 500, 5m0s timeout, 35m0s 200
func (t Timeline) String() string {
	marks := make([]string, len(t))
	for i, a := range t {
		marks[i] = a.At.Sub(t[0].At).String() + " " + a.Mark()
	}
	return strings.Join(marks, ", ")
}

// Mark is what came of the attempt, in a word: the status of its answer, timeout, lost (it was answered, and the
// provider never heard) or error.
func (a Attempt) Mark() string {
	switch {
	case errors.Is(a.Err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(a.Err, errLost):
		return "lost"
	case a.Err != nil:
		return "error"
	}
	return strconv.Itoa(a.Status)
}
