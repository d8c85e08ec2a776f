package web

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"pinax/engine"
)

// Memory is what the system says of the memory of this process.
type Memory struct {
	ResidentBytes  int64  `json:"resident_bytes"`  // of this process
	FileBytes      int64  `json:"file_bytes"`      // of those, pages of files such as the database, which the system takes back when it needs them
	LimitBytes     int64  `json:"limit_bytes"`     // what there is for all that shares it
	AvailableBytes int64  `json:"available_bytes"` // what can still be taken of it
	LimitedBy      string `json:"limited_by"`      // "cgroup" or "machine"
}

// HighMemory is the share of the limit from which the memory of the indexes is said to be high.
const HighMemory = 0.8

// calmMemory is the share under which it is no longer, lower so that a size that wavers is not reported every time.
const calmMemory = 0.75

type statsResponse struct {
	Collections int     `json:"collections"`
	Items       int     `json:"items"`
	Vectors     int     `json:"vectors"`
	IndexBytes  int64   `json:"index_bytes"`
	Memory      *Memory `json:"memory"` // null: the system does not tell
}

func (s *Server) stats(c echo.Context, e *engine.Engine) error {
	u, err := e.Usage(c.Request().Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, statsResponse{
		Collections: u.Collections, Items: u.Items, Vectors: u.Vectors, IndexBytes: u.IndexBytes, Memory: s.options.memory(),
	})
}

// memory returns nil when nobody knows.
func (o Options) memory() *Memory {
	if o.Memory == nil {
		return nil
	}
	m, err := o.Memory()
	if err != nil {
		o.Logger.Debug("the system does not tell about memory", "error", err)
		return nil
	}
	return &m
}

// WatchMemory looks every so often at how much of the memory the indexes take, until ctx ends, and warns in the log when
// that becomes high. Nothing is refused.
func (s *Server) WatchMemory(ctx context.Context, every time.Duration) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for high := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			high = s.lookAtMemory(ctx, high)
		}
	}
}

// lookAtMemory is one look; wasHigh is what the one before returned.
func (s *Server) lookAtMemory(ctx context.Context, wasHigh bool) (isHigh bool) {
	e, m := s.engine.Load(), s.options.memory()
	if e == nil || m == nil {
		return wasHigh
	}
	u, err := e.Usage(ctx)
	if err != nil {
		return wasHigh // whoever asks for something is told
	}
	switch share := m.share(u.IndexBytes); {
	case !wasHigh && share > HighMemory:
		s.options.Logger.Warn("the indexes take most of the memory; collections with memory codes or a smaller quantizer take less",
			"index_bytes", u.IndexBytes, "limit_bytes", m.LimitBytes, "limited_by", m.LimitedBy, "resident_bytes", m.ResidentBytes)
		return true
	case wasHigh && share < calmMemory:
		s.options.Logger.Info("the indexes no longer take most of the memory", "index_bytes", u.IndexBytes, "limit_bytes", m.LimitBytes)
		return false
	}
	return wasHigh
}

// share returns the part of the limit that some bytes are.
func (m Memory) share(bytes int64) float64 {
	if m.LimitBytes <= 0 {
		return 0
	}
	return float64(bytes) / float64(m.LimitBytes)
}
