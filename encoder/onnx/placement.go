package onnx

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Placement tells which providers the nodes of models ran on, as the library itself recorded it.
type Placement map[Provider]Work

// Work is what one provider did.
type Work struct {
	Nodes int           // runs of nodes; a provider that compiles a graph makes one of many
	Time  time.Duration // that they took
}

// Share returns the part of the time that was spent on a provider, from 0 to 1.
func (p Placement) Share(provider Provider) float64 {
	var all time.Duration
	for _, w := range p {
		all += w.Time
	}
	if all == 0 {
		return 0
	}
	return float64(p[provider].Time) / float64(all)
}

// String lists the providers, as in "cpu: 4 nodes in 2ms, cuda: 120 nodes in 31ms".
func (p Placement) String() string {
	var parts []string
	for _, provider := range slices.Sorted(maps.Keys(p)) {
		parts = append(parts, fmt.Sprintf("%s: %d nodes in %v", provider, p[provider].Nodes, p[provider].Time))
	}
	return strings.Join(parts, ", ")
}

// Profile opens sessions that record what runs where. It exists because a library that cannot use a provider, or can
// use it for a few nodes only, most often runs the rest on the CPU and says nothing.
type Profile struct {
	dir    string
	opened atomic.Int64
}

// NewProfile makes a profile, which the caller must Close.
func NewProfile() (*Profile, error) {
	dir, err := os.MkdirTemp("", "pinax-profile-")
	if err != nil {
		return nil, fmt.Errorf("profile of the ONNX Runtime: %w", err)
	}
	return &Profile{dir: dir}, nil
}

// prefix is that of one session's file. The library adds the time in seconds, which alone would not be unique.
func (p *Profile) prefix() string {
	return filepath.Join(p.dir, fmt.Sprintf("session-%d", p.opened.Add(1)))
}

// Placements reads what each session recorded that ran at all, which it writes when it is closed. That none did is an
// error.
func (p *Profile) Placements() ([]Placement, error) {
	files, err := filepath.Glob(filepath.Join(p.dir, "session-*"))
	if err != nil {
		return nil, err
	}
	var all []Placement
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("profile of the ONNX Runtime: %w", err)
		}
		one := Placement{}
		if err := one.add(data); err != nil {
			return nil, fmt.Errorf("profile of the ONNX Runtime: %w", err)
		}
		if len(one) > 0 {
			all = append(all, one)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("profile of the ONNX Runtime: it recorded nothing")
	}
	return all, nil
}

// Close removes the files.
func (p *Profile) Close() error { return os.RemoveAll(p.dir) }

// add counts the nodes of a profile in the format of Chrome's trace events.
func (p Placement) add(profile []byte) error {
	var events []struct {
		Category string `json:"cat"`
		Took     int64  `json:"dur"` // microseconds
		Args     struct {
			Provider string `json:"provider"`
		} `json:"args"`
	}
	if err := json.Unmarshal(profile, &events); err != nil {
		return err
	}
	for _, e := range events {
		if e.Category != "Node" || e.Args.Provider == "" {
			continue
		}
		w := p[providerOf(e.Args.Provider)]
		w.Nodes++
		w.Time += time.Duration(e.Took) * time.Microsecond
		p[providerOf(e.Args.Provider)] = w
	}
	return nil
}
