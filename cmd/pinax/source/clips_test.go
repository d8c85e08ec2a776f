package source_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/cmd/pinax/source"
)

// TestClips reads them from a folder, from a table that names their files, and from NDJSON.
func TestClips(t *testing.T) {
	root := t.TempDir()
	write := func(name, data string) {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(data), 0o600))
	}
	write("walk.MP4", "film")
	write("shirt.png", "picture")
	write("table.csv", "id,title,image\na,Walk,walk.MP4\nb,Shirt,shirt.png\n")
	write("items.ndjson", `{"id":"a","video":{"file":"walk.MP4"}}
{"id":"b","video":{"base64":"ZmlsbQ=="},"images":[{"file":"shirt.png"}]}
{"id":"c","video":{"file":"none.webm"}}
{"id":"d","video":{}}
`)
	for _, name := range []string{"", "table.csv", "items.ndjson"} {
		t.Run(name, func(t *testing.T) {
			src, err := source.Open(filepath.Join(root, name), source.Options{})
			require.NoError(t, err)
			films, pictures, bad := 0, 0, 0
			for row := range src.Rows(t.Context()) {
				switch {
				case row.Err != nil:
					bad++
					continue
				case row.Video != nil:
					films++
					require.Equal(t, "film", string(row.Video))
				}
				for _, data := range row.Images {
					pictures++
					require.Equal(t, "picture", string(data))
				}
			}
			if name == "items.ndjson" {
				require.Equal(t, [3]int{2, 1, 2}, [3]int{films, pictures, bad})
				return
			}
			require.Equal(t, [3]int{1, 1, 0}, [3]int{films, pictures, bad})
		})
	}
}
