package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/client"
	"pinax/cmd/pinax/demo"
)

// TestSearchFindsTheSecondOfAClip makes a film of drawn products, two seconds each, and asks for each by its title.
func TestSearchFindsTheSecondOfAClip(t *testing.T) {
	needLibrary(t)
	all, err := demo.Products()
	require.NoError(t, err)
	shown := []demo.Product{all[0], all[len(all)/2], all[len(all)-1]}
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "film.gif"), film(t, shown), 0o600))
	table := filepath.Join(root, "films.ndjson")
	require.NoError(t, os.WriteFile(table, []byte(`{"id":"film","video":{"file":"film.gif"}}`+"\n"), 0o600))

	address, _ := serve(t, "--data", t.TempDir())
	require.Contains(t, must(t, "ingest", table, "-c", "films", "--server", address, "-q"), "1 created")
	for i, p := range shown {
		var r client.Result
		require.NoError(t, json.Unmarshal([]byte(must(t, "search", p.Titles["title"], "-c", "films", "--server", address, "--json")), &r))
		matched := r.Hits[0].Matched.Video
		require.NotNil(t, matched, p.ID)
		require.GreaterOrEqual(t, matched.Peak, float64(2*i), p.ID)
		require.Less(t, matched.Peak, float64(2*i+2), p.ID)
	}
}

// film shows products as an animated GIF, two seconds each, ten frames a second.
func film(t *testing.T, products []demo.Product) []byte {
	const frames = 20
	var g gif.GIF
	for _, p := range products {
		m, err := jpeg.Decode(bytes.NewReader(p.JPEG))
		require.NoError(t, err)
		frame := image.NewPaletted(m.Bounds(), palette.Plan9)
		draw.FloydSteinberg.Draw(frame, frame.Rect, m, image.Point{})
		for range frames {
			g.Image, g.Delay = append(g.Image, frame), append(g.Delay, 10)
		}
	}
	var b bytes.Buffer
	require.NoError(t, gif.EncodeAll(&b, &g))
	return b.Bytes()
}
