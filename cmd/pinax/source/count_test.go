package source_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/cmd/pinax/source"
)

func TestVectorsAreCounted(t *testing.T) {
	const table = "id,title,description\na,Dress,\nb,Shirt,Blue\nc\n,No id,\n"
	for name, c := range map[string]struct {
		file, text string
		pictures   []string // files beside it
		options    source.Options
		want       int
	}{
		"empty table":                    {"t.csv", "id,title\n", nil, source.Options{}, 0},
		"bad rows have none":             {"t.csv", table, nil, source.Options{}, 3},
		"pictures beside the rows":       {"t.csv", table, []string{"b.jpg", "a.webp"}, source.Options{}, 5},
		"half of the pictures":           {"t.csv", table, []string{"b.jpg", "c.jpg"}, source.Options{}, 4},
		"pictures that were promised":    {"t.csv", table, nil, source.Options{Pictures: "."}, 5},
		"a column of pictures":           {"t.csv", "id,image\na,x\nb,\n", nil, source.Options{}, 1},
		"rows that are not wanted":       {"t.csv", table, nil, source.Options{Where: map[string]string{"title": "Shirt"}}, 2},
		"ids that lead out":              {"t.csv", "id,title\n../x,Dress\n", []string{"../x.jpg"}, source.Options{}, 1},
		"empty NDJSON":                   {"t.ndjson", "\n", nil, source.Options{}, 0},
		"lines that are no items":        {"t.ndjson", "{\n[]\n{}\n", nil, source.Options{}, 0},
		"texts, pictures, ready vectors": {"t.ndjson", `{"id":"a","texts":{"t":"x"},"images":[{},{}],"vectors":{"image":[[1],[2]],"text":[[1]]}}`, nil, source.Options{}, 6},
		"many lines":                     {"t.ndjson", strings.Repeat(`{"texts":{"t":"x","u":"y"}}`+"\n", 1000), nil, source.Options{}, 2000},
		"a folder":                       {"p/a.jpg", "x", []string{"p/b.png", "p/notes.txt"}, source.Options{}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "below")
			for _, file := range append(c.pictures, c.file) {
				path := filepath.Join(root, file)
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
				require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
			}
			if c.options.Pictures != "" {
				c.options.Pictures = filepath.Join(root, c.options.Pictures)
			}
			path := filepath.Join(root, c.file)
			if name == "a folder" {
				path = filepath.Dir(path)
			}
			src, err := source.Open(path, c.options)
			require.NoError(t, err)
			require.Equal(t, c.want, src.Vectors)
		})
	}
}

func TestSampleOfPictures(t *testing.T) {
	root := t.TempDir()
	var table strings.Builder
	table.WriteString("id,title\n")
	for i := range 2000 {
		fmt.Fprintf(&table, "p%d,Dress\n", i)
		if i%2 == 0 {
			require.NoError(t, os.WriteFile(filepath.Join(root, fmt.Sprintf("p%d.jpg", i)), nil, 0o600))
		}
	}
	path := filepath.Join(root, "t.csv")
	require.NoError(t, os.WriteFile(path, []byte(table.String()), 0o600))
	src, err := source.Open(path, source.Options{})
	require.NoError(t, err)
	require.Equal(t, 3000, src.Vectors)
}
