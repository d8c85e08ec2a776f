package embedded

import "sync"

// searches are those that are under way in a space. A search may pass by where a new entry is about to be linked and come
// by the old entry only after that is gone; so old entries stay until the searches that cannot have seen the new ones end.
type searches struct {
	mu      sync.Mutex
	current *sync.WaitGroup // of those that began since the last wait
}

func newSearches() *searches { return &searches{current: new(sync.WaitGroup)} }

// begin counts a search until end is called.
func (s *searches) begin() (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current.Add(1)
	return s.current.Done
}

// wait returns when every search that has begun before it has ended. It does not wait for those that begin meanwhile.
func (s *searches) wait() {
	s.mu.Lock()
	earlier := s.current
	s.current = new(sync.WaitGroup)
	s.mu.Unlock()
	earlier.Wait()
}
