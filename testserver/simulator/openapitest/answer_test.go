package openapitest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi-validator/errors"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
	"github.com/pb33f/libopenapi/orderedmap"
	"github.com/stretchr/testify/require"

	"github.com/hookmitt/hookmitt"
)

// refusals are what the document has against an answer to a request for a path.
func (d document) refusals(r *http.Request, path string, answer *httptest.ResponseRecorder) (wrong []string) {
	item := d.model.Paths.PathItems.GetOrZero(path)
	if item == nil {
		return []string{path + " is not documented"}
	}
	o := item.GetOperations().GetOrZero(strings.ToLower(r.Method))
	if o == nil {
		return []string{r.Method + " " + path + " is not documented"}
	}
	response := o.Responses.Codes.GetOrZero(strconv.Itoa(answer.Code))
	if response == nil {
		return []string{fmt.Sprintf("%s %s: %d is not documented", r.Method, path, answer.Code)}
	}
	given := answer.Header().Get("Content-Type")
	mediaType, params, _ := mime.ParseMediaType(given)
	content, documented := (*v3.MediaType)(nil), false
	if response.Content != nil {
		content, documented = response.Content.Get(mediaType)
	}
	switch {
	case orderedmap.Len(response.Content) == 0 && (given != "" || answer.Body.Len() > 0):
		return []string{fmt.Sprintf("%s %s: %d has a body, %q", r.Method, path, answer.Code, given)}
	case orderedmap.Len(response.Content) > 0 && !documented:
		return []string{fmt.Sprintf("%s %s: %d has the type %q", r.Method, path, answer.Code, given)}
	case params["charset"] != "" && params["charset"] != "utf-8":
		return []string{fmt.Sprintf("%s %s: %d has the type %q", r.Method, path, answer.Code, given)}
	}
	_, errs := d.validator.GetResponseBodyValidator().ValidateResponseBodyWithPathItem(r, resultOf(answer), item, path)
	wrong = reasons(errs)
	if documented && len(wrong) == 0 && answer.Code < 300 { // errors have no formats
		value := any(answer.Body.String())
		if strings.Contains(mediaType, "json") {
			value = json.RawMessage(answer.Body.Bytes())
		}
		wrong = misfits(fmt.Sprintf("%s %s: %d", r.Method, path, answer.Code), content.Schema.Schema(), value)
	}
	return wrong
}

// resultOf is an answer that can be read once more.
func resultOf(answer *httptest.ResponseRecorder) *http.Response {
	result := *answer.Result()
	result.Body = io.NopCloser(bytes.NewReader(answer.Body.Bytes()))
	return &result
}

func reasons(errs []*errors.ValidationError) (all []string) {
	for _, err := range errs {
		if len(err.SchemaValidationErrors) == 0 {
			all = append(all, err.Message+": "+err.Reason)
		}
		for _, violation := range err.SchemaValidationErrors {
			all = append(all, fmt.Sprintf("%s: %s: %s", err.Message, violation.Location, violation.Reason))
		}
	}
	return all
}

// produced are the operations and statuses that were seen: GET /healthz 200.
type produced map[string]bool

// take makes a step, and holds the answer to the document; and the request, if it was taken.
func (p produced) take(t *testing.T, doc document, s *stand, st step) {
	t.Helper()
	answer, path := s.do(t, st)
	require.Equal(t, st.want, answer.Code, "%s: %s", st.call, answer.Body)
	r, _ := s.request(t, step{says: st.says, call: st.call, with: st.with, as: st.as, body: st.body})
	require.Empty(t, doc.refusals(r, path, answer), "%s", answer.Body)
	if answer.Code < 300 && st.as != form {
		_, errs := doc.validator.ValidateHttpRequestSyncWithPathItem(r, doc.model.Paths.PathItems.GetOrZero(path), path)
		require.Empty(t, reasons(errs), "the request was taken, and is not as it is documented: %s", st.body)
	}
	p[fmt.Sprintf("%s %s %d", r.Method, path, answer.Code)] = true
}

// missing are the answers that the document has and nobody has seen.
func (p produced) missing(doc document) (missing []string) {
	for _, o := range doc.operations() {
		for _, status := range o.statuses() {
			if answer := o.String() + " " + status; !p[answer] {
				missing = append(missing, answer)
			}
		}
	}
	return missing
}

func TestEveryAnswerIsAsDocumented(t *testing.T) {
	t.Parallel()
	doc, seen := load(t), produced{}
	for _, story := range stories {
		t.Run(story.says, func(t *testing.T) {
			s := newStand(t, story.provider, story.options...)
			for _, st := range story.steps {
				t.Run(st.says, func(t *testing.T) { seen.take(t, doc, s, st) })
			}
			if story.refusals {
				takeRefusals(t, doc, seen, s)
			}
		})
	}
	t.Run("the stream of changes", func(t *testing.T) { takeStream(t, doc, seen) })
	require.Empty(t, seen.missing(doc), "documented, and never answered")
}

// story is a simulator, and steps one after the other.
type story struct {
	says     string
	provider hookmitt.Provider
	options  []option
	steps    []step
	refusals bool // whether to try what every tree refuses
}

var stories = slices.Concat(controlStories, managementStories, oddStories)

// takeRefusals tries, with every route, what its tree refuses.
func takeRefusals(t *testing.T, doc document, seen produced, s *stand) {
	t.Helper()
	served := routes(t, s)
	for _, says := range slices.Sorted(maps.Keys(refused)) {
		t.Run(says, func(t *testing.T) {
			tried := 0
			for _, route := range served {
				if st, applies := refused[says](route); applies {
					st.says, st.call = says, route
					seen.take(t, doc, s, st)
					tried++
				}
			}
			require.NotZero(t, tried)
		})
	}
}
