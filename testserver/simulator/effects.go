package simulator

import (
	"net/http"
)

// effectView is how often an event's work was done, as its receiver reports.
type effectView struct {
	Event string `json:"event"`
	Count int    `json:"count"`
}

// reportEffect counts one side effect of an event. Whatever is in the body is the receiver's affair.
func (s *simulator) reportEffect(w http.ResponseWriter, r *http.Request) error {
	event := r.PathValue("event")
	count, err := s.server.ReportEffect(event)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, effectView{event, count})
}

// showEffect counts 0 for an event of which nothing was reported.
func (s *simulator) showEffect(w http.ResponseWriter, r *http.Request) error {
	event := r.PathValue("event")
	return answer(w, http.StatusOK, effectView{event, s.server.EffectsOf(event)})
}

func (s *simulator) listEffects(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, map[string]any{"effects": s.server.Effects()})
}
