package onnx

import (
	"log/slog"
	"time"
)

// The library's arenas keep what the largest batch took. It can give parts of that back after a run, but the binding does
// not pass the option on, so memory is given back by unloading the model.

// enter begins a Run: it loads the model if the session rests, and keeps it from being closed until leave.
func (s *Session) enter() error {
	for {
		s.gate.RLock()
		if s.replicas != nil {
			return nil
		}
		s.gate.RUnlock()
		if err := s.wake(); err != nil {
			return err
		}
	}
}

func (s *Session) wake() error {
	s.gate.Lock()
	defer s.gate.Unlock()
	switch {
	case s.closed:
		return ErrClosed
	case s.replicas != nil: // another caller was faster
		return nil
	}
	return s.loadReplicas()
}

func (s *Session) leave() {
	if s.resting != nil {
		s.used.Store(time.Now().UnixNano())
		s.resting.Reset(s.options.Idle)
	}
	s.gate.RUnlock()
}

// rest unloads the model unless somebody has run it meanwhile.
func (s *Session) rest() {
	s.gate.Lock()
	defer s.gate.Unlock()
	if s.closed || time.Since(time.Unix(0, s.used.Load())) < s.options.Idle {
		return
	}
	if err := s.free(); err != nil {
		slog.Warn("a model that nobody uses was not unloaded cleanly", "error", err)
	}
}

// free unloads the model. gate is held.
func (s *Session) free() error {
	if s.replicas == nil {
		return nil
	}
	err := destroy(s.replicas.all)
	s.replicas = nil
	return err
}
