package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/client"
	"pinax/engine"
)

func TestEstimateOfAnImport(t *testing.T) {
	// Of 256 elements, a vector takes 1,433 bytes in full and 409 as codes, and 48 in the database.
	const gib = 1 << 30
	for name, c := range map[string]struct {
		collection string
		vectors    int
		available  int64
		force      bool
		failure    string // "": it goes on
		said       string
	}{
		"far too much":          {"shop", 10_000_000, gib, false, "still too much: give the server more memory", ""},
		"too much in full":      {"shop", 2_000_000, gib, false, "takes 281 bytes a vector instead of 1433, and fits", ""},
		"too much as codes":     {"small", 4_000_000, gib, false, "more memory, or import less\n", ""},
		"nothing is left":       {"shop", 2, 0, false, "room for 0 more", ""},
		"all the same":          {"shop", 10_000_000, gib, true, "", "going on because of --force"},
		"perhaps there already": {"shop", 1, 0, false, "", "fits only if the 1 vectors"},
		"it fits":               {"small", 2_000_000, gib, false, "", ""},
		"an empty source":       {"shop", 0, 0, false, "", ""},
		"an uncounted source":   {"shop", -1, 0, false, "", ""},
		"nobody knows":          {"shop", 10_000_000, -1, false, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			server := limitedServer(t, c.available)
			makeTwo(t, server)
			e, err := estimateImport(t.Context(), server, c.collection, 7, c.vectors)
			require.NoError(t, err)
			var said bytes.Buffer
			err = e.check(&said, c.force)
			if c.failure == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.failure)
				require.ErrorContains(t, err, "--force")
			}
			require.Contains(t, said.String(), c.said)
			require.Equal(t, c.said == "", said.Len() == 0, "%s", &said)
		})
	}
}

func TestEstimateInWords(t *testing.T) {
	server := limitedServer(t, 1<<30)
	makeTwo(t, server)
	e, err := estimateImport(t.Context(), server, "small", 500, 1000)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("about 1000 vectors of 500 rows: %s of memory in the index at 409 bytes a vector "+
		"(hnsw, quantizer int8, memory codes), 46.9 KiB for ids; 1.00 GiB available",
		inUnits(engine.EstimateBytes(engine.IndexConfig{Memory: "codes"}, 256, 1000))), e.String())
	e.available = -1
	require.Contains(t, e.String(), "does not know")
	e.vectors = -1
	require.Contains(t, e.String(), "unknown")
}

// TestEstimateOfAnOlderServer leaves the question open.
func TestEstimateOfAnOlderServer(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/stats" {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"status":404,"code":"not_found","detail":"there is nothing at this address"}`))
			return
		}
		_, _ = w.Write([]byte(`{"name":"shop","encoder":{"dimension":256}}`))
	}))
	defer s.Close()
	c, err := client.New(s.URL)
	require.NoError(t, err)
	e, err := estimateImport(t.Context(), c, "shop", 1, 1<<40)
	require.NoError(t, err)
	require.NoError(t, e.check(&bytes.Buffer{}, false))
}
