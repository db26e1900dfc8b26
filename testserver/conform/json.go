package conform

import "encoding/json"

// result is a [Result] as JSON has it.
type result struct {
	ID      string  `json:"id"`
	Level   string  `json:"level"`
	Verdict Verdict `json:"verdict"`
	Found   string  `json:"found,omitzero"`
	Sent    string  `json:"sent"`
	Want    string  `json:"want"`
	Why     string  `json:"why"`
	Request string  `json:"request,omitzero"`
	Answer  string  `json:"answer,omitzero"`
	TookMS  int64   `json:"took_ms"`
}

// MarshalJSON implements [json.Marshaler]: id, level and verdict, what was found, what the check sends and wants and why,
// and of what was not OK the request and its answer.
func (r Result) MarshalJSON() ([]byte, error) {
	return json.Marshal(result{
		r.Check.ID, r.Check.Level.String(), r.Verdict, r.Found, r.Check.Sent, r.Check.Want, r.Check.Why, r.Sent, r.Came, r.Took.Milliseconds(),
	})
}

// MarshalJSON implements [json.Marshaler]: the seed, how many results have which verdict, and the results.
func (r Report) MarshalJSON() ([]byte, error) {
	counts := map[string]int{}
	for v := range verdicts {
		counts[Verdict(v).String()] = r.Count(Verdict(v)) //nolint:gosec // there are five
	}
	return json.Marshal(struct {
		Seed    uint64         `json:"seed"`
		Counts  map[string]int `json:"counts"`
		Results []Result       `json:"results"`
	}{r.Seed, counts, r.Results})
}
