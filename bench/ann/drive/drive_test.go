//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	testRows      = 600
	testQueries   = 20
	testDimension = 16
)

// newTestDriver has a base of 600 random vectors, the first 20 of which are the queries, and two orders of them: the row
// numbers, and the row numbers from behind.
func newTestDriver(t *testing.T) *driver {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	values := make([]float32, testRows*testDimension)
	for i := range values {
		values[i] = float32(random.NormFloat64())
	}
	base := writeNumbers(t, "base.f32", values)
	queries := writeNumbers(t, "queries.f32", values[:testQueries*testDimension])
	places := make([]int32, 2*testRows)
	for i := range testRows {
		places[i], places[testRows+i] = int32(i), int32(testRows-1-i)
	}
	d := &driver{}
	var err error
	d.base, err = mapVectors(base, testDimension)
	require.NoError(t, err)
	d.queries, err = mapVectors(queries, testDimension)
	require.NoError(t, err)
	anchor := make([]int, testQueries)
	for i := range anchor {
		anchor[i] = 1
	}
	_, err = d.loadFilters(request{Path: writeNumbers(t, "places.i32", places), Rows: testRows, Anchor: anchor})
	require.NoError(t, err)
	return d
}

func writeNumbers(t *testing.T, name string, values any) string {
	t.Helper()
	var data bytes.Buffer
	require.NoError(t, binary.Write(&data, binary.NativeEndian, values))
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data.Bytes(), 0o600))
	return path
}

// ask sends lines to the driver and returns the answers.
func ask(t *testing.T, d *driver, lines ...string) []map[string]any {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, d.serve(strings.NewReader(strings.Join(lines, "\n")), &out))
	var found []map[string]any
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var answer map[string]any
		require.NoError(t, decoder.Decode(&answer))
		found = append(found, answer)
	}
	require.Len(t, found, len(lines))
	return found
}

func TestServeRefuses(t *testing.T) {
	d := newTestDriver(t)
	for name, line := range map[string]string{
		"an unknown request":       `{"request":"dance"}`,
		"a search of nothing":      `{"request":"search"}`,
		"an unknown configuration": `{"request":"build","config":"magic","stop":10}`,
		"rows beyond the end":      `{"request":"build","config":"f32","stop":601}`,
		"no rows":                  `{"request":"build","config":"f32"}`,
		"a scan without a filter":  `{"request":"scan"}`,
		"an unknown filter":        `{"request":"scan","filter":"odd","high":10}`,
		"places beyond the end":    `{"request":"scan","filter":"random","high":601}`,
		"places that do not fit":   `{"request":"filters","path":"/dev/null","rows":7}`,
	} {
		t.Run(name, func(t *testing.T) {
			require.NotEmpty(t, ask(t, d, line)[0]["error"])
		})
	}
}

func TestServeFinds(t *testing.T) {
	d := newTestDriver(t)
	path := filepath.Join(t.TempDir(), "checkpoint")
	for _, answer := range ask(t, d,
		`{"request":"build","config":"f32","stop":300}`,
		`{"request":"checkpoint","path":"`+path+`"}`,
		`{"request":"add","start":300,"stop":350}`,
		`{"request":"checkpoint","path":"`+path+`","changes":true}`,
		`{"request":"restore","config":"f32","path":"`+path+`","stop":400}`,
		`{"request":"add","start":350,"stop":400}`,
		`{"request":"replace","start":100,"stop":200,"with":400,"batch":7}`,
	) {
		require.NotContains(t, answer, "error")
	}
	require.Equal(t, 400, d.index.Len())
	for _, f := range []struct {
		name, filter string
		low, high    int
	}{
		{"every row", "", 0, 0},
		{"the first 50", "random", 0, 50},
		{"the last 50, by the anchor's order", "anchor", 100, 150},
	} {
		t.Run(f.name, func(t *testing.T) {
			r := request{Filter: f.filter, Low: f.low, High: f.high, Exact: true}
			answer, err := d.search(r)
			require.NoError(t, err)
			accept, err := d.filters.of(r, testQueries)
			require.NoError(t, err)
			for q, found := range answer.(answers).Found {
				rows := liveRows(accept[q])
				want := scanRows(d.base, d.queries.row(q), rows, neighbours)
				require.Len(t, found, len(want))
				for i, n := range want {
					require.EqualValues(t, n.Key, found[i])
				}
			}
		})
	}
}

// liveRows are those that TestServeFinds leaves in the index and a filter accepts.
func liveRows(accept *accepted) []uint32 {
	var rows []uint32
	for row := range uint32(500) {
		if (row < 100 || row >= 200) && (accept == nil || accept.has(uint64(row))) {
			rows = append(rows, row)
		}
	}
	return rows
}

func TestLatencyCountsWritesAndSearches(t *testing.T) {
	d := newTestDriver(t)
	found := ask(t, d,
		`{"request":"build","config":"f32","stop":100}`,
		`{"request":"latency","start":100,"for_seconds":0.01,"rate":10000}`)
	require.NotContains(t, found[1], "error")
	require.Positive(t, found[1]["searches"])
	require.Zero(t, found[1]["inserts_per_second"])
	_, err := d.latency(request{Start: 100, Seconds: 0.01, Writers: 2})
	if err != nil { // on a fast machine all rows are in before the time is up
		require.Equal(t, testRows, d.index.Len())
	}
	require.Greater(t, d.index.Len(), 100)
}

func TestPercentile(t *testing.T) {
	sorted := make([]time.Duration, 200)
	for i := range sorted {
		sorted[i] = time.Duration(i + 1)
	}
	for _, c := range []struct {
		name   string
		sorted []time.Duration
		p      float64
		want   time.Duration
	}{
		{"one value", sorted[:1], 0.99, 1},
		{"least", sorted, 0, 1},
		{"median", sorted, 0.5, 100},
		{"99 %", sorted, 0.99, 198},
		{"greatest", sorted, 1, 200},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, percentile(c.sorted, c.p)) })
	}
}
