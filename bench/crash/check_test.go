package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/bench/catalog"
	"pinax/client"
)

var shirt = catalog.Product{
	ID: "1", Title: "Navy check shirt", Attributes: map[string]any{"colour": "navy"}, Picture: []byte("a picture"),
}

// shop answers for one item, as a server does that may have lost something.
type shop struct {
	item    *client.StoredItem // nil: lost
	picture []byte             // nil: lost
	walk    bool               // the graph finds the item
	scan    bool               // an exact search finds the item
}

func whole() *shop {
	hash := sha256.Sum256(shirt.Picture)
	return &shop{
		item: &client.StoredItem{
			ID: "a", Texts: map[string]string{"title": shirt.Title}, Attributes: map[string]any{"colour": "navy"},
			Images: []client.StoredImage{{URL: "/picture", SHA256: hex.EncodeToString(hash[:])}},
		},
		picture: shirt.Picture, walk: true, scan: true,
	}
}

func (s *shop) serve(t *testing.T) *client.Client {
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, there bool, v any) {
		if !there {
			w.WriteHeader(http.StatusNotFound)
			v = map[string]any{"code": "not_found"}
		}
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /v1/collections/shop/items/a", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, s.item != nil, s.item)
	})
	mux.HandleFunc("GET /picture", func(w http.ResponseWriter, _ *http.Request) {
		if s.picture == nil {
			answer(w, false, nil)
			return
		}
		_, _ = w.Write(s.picture)
	})
	mux.HandleFunc("POST /v1/collections/shop/search", func(w http.ResponseWriter, r *http.Request) {
		document := r.Body
		if r.Header.Get("Content-Type") != "application/json" {
			part, _, err := r.FormFile("search")
			require.NoError(t, err)
			document = part
		}
		var asked struct{ Exact bool }
		require.NoError(t, json.NewDecoder(document).Decode(&asked))
		hits := []client.Hit{{ID: "b", Score: 0.5}}
		if asked.Exact && s.scan || !asked.Exact && s.walk {
			hits = []client.Hit{{ID: "a", Score: 1}}
		}
		answer(w, true, client.Result{Hits: hits})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c, err := client.New(server.URL)
	require.NoError(t, err)
	return c
}

func TestCheckNoticesWhatIsMissing(t *testing.T) {
	cases := map[string]struct {
		damage  func(*shop)
		problem string // "": none
		misses  int
	}{
		"nothing":            {damage: func(*shop) {}},
		"the item":           {damage: func(s *shop) { s.item = nil }, problem: "a is lost"},
		"the title":          {damage: func(s *shop) { s.item.Texts = nil }, problem: "a is half there: title"},
		"an attribute":       {damage: func(s *shop) { s.item.Attributes = nil }, problem: "a is half there: attributes"},
		"the image":          {damage: func(s *shop) { s.item.Images = nil }, problem: "a is half there: 0 pictures"},
		"another hash":       {damage: func(s *shop) { s.item.Images[0].SHA256 = "00" }, problem: "a is half there: another picture"},
		"the picture's file": {damage: func(s *shop) { s.picture = nil }, problem: "a has lost its picture"},
		"the file's end":     {damage: func(s *shop) { s.picture = s.picture[:3] }, problem: "a has lost its picture"},
		"the links":          {damage: func(s *shop) { s.walk = false }, misses: 1},
		"the vector":         {damage: func(s *shop) { s.walk, s.scan = false, false }, problem: "a is not found by its", misses: 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := whole()
			c.damage(s)
			tr := &trial{options: options{writers: 1}, ledger: newLedger(), random: rand.New(rand.NewPCG(1, 1))}
			tr.ledger.sent("a", shirt)
			tr.ledger.acknowledge("a")

			require.NoError(t, tr.check(t.Context(), s.serve(t), []string{"a"}))

			require.Equal(t, c.misses, tr.report.GraphMisses)
			if c.problem == "" {
				require.Empty(t, tr.report.Problems)
				return
			}
			require.NotEmpty(t, tr.report.Problems)
			require.Contains(t, tr.report.Problems[0], c.problem)
		})
	}
}
