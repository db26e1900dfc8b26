package testserver

import "slices"

// armed is a fault that the whole server has.
type armed struct {
	fault  Fault
	number int // 1 for the server's first, so that chance does not depend on what is disarmed
}

// Arm lets a fault happen to every attempt that begins from now on, to whichever endpoint and of whichever delivery,
// until disarm is called. Such faults happen after those of the delivery, in the order in which they were armed.
func (s *Server) Arm(f Fault) (disarm func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armings++
	a := &armed{f, s.armings}
	s.armed = append(s.armed, a)
	s.tell(Change{Kind: FaultsChanged})
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if at := slices.Index(s.armed, a); at >= 0 {
			s.armed = slices.Delete(s.armed, at, at+1)
			s.tell(Change{Kind: FaultsChanged})
		}
	}
}
