// Package source reads product data from where shops keep it: a folder of pictures and clips, a CSV file with pictures in a folder or
// a tar archive, or NDJSON. Rows stream; a bad one comes with its error and the reading goes on.
//
//	src, err := source.Open("products.csv", source.Options{Pictures: "photos.tar.gz"})
//	for row := range src.Rows(ctx) { … }
package source

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Row is one item of a source.
type Row struct {
	Place      string // where it stands, such as "line 12", for reports
	ID         string
	Texts      map[string]string
	Attributes map[string]any
	Vectors    map[string][][]float32
	Images     [][]byte
	Video      []byte
	Missing    error // why the row has no picture although it names one; it can be used all the same
	Err        error // why the row cannot be used; the fields above may be empty then
}

// Size is about how many bytes the row has.
func (r Row) Size() int {
	n := len(r.ID)
	for _, text := range r.Texts {
		n += len(text)
	}
	n += len(r.Video)
	for _, image := range r.Images {
		n += len(image)
	}
	for _, vectors := range r.Vectors {
		for _, v := range vectors {
			n += 4 * len(v)
		}
	}
	return n
}

// Options say how the columns of a table are to be read. The other kinds of source ignore most of them.
type Options struct {
	ID         string            // column of the id; "": "id"
	Picture    string            // column of the picture's file name; "": "image", if there is one, else the id names the file
	Texts      []string          // columns that are texts; nil: those of the usual names (title, name, description, …)
	Attributes []string          // columns kept as attributes, each "name" or "name:number" or "name:bool"; nil: all others
	Where      map[string]string // rows to keep: each column must have exactly this value
	Pictures   string            // folder, .tar or .tar.gz with the pictures; "": beside the table
}

// IsTable tells whether a file has columns.
func IsTable(path string) bool { return hasExtension(path, ".csv", ".tsv") }

func hasExtension(path string, extensions ...string) bool {
	return slices.Contains(extensions, strings.ToLower(filepath.Ext(path)))
}

// unused refuses options that a kind of source would ignore, so that nobody believes that they were heeded. pictures names
// the folder of pictures as one of them.
func (o Options) unused(kind string, pictures ...string) error {
	for _, option := range []struct {
		name  string
		given bool
	}{
		{"where", len(o.Where) > 0}, {"text columns", o.Texts != nil}, {"attribute columns", len(o.Attributes) > 0},
		{"a picture column", o.Picture != ""}, {"a folder of pictures", len(pictures) > 0 && o.Pictures != ""},
	} {
		if option.given {
			return fmt.Errorf("%s has no use for %s", kind, option.name)
		}
	}
	return nil
}

// Source is something that holds rows.
type Source struct {
	// Total is how many rows there are, or -1 when it is not known.
	Total int
	// Vectors is about how many vectors the rows have together, one a text, a picture or a ready one, or -1 when it is not known.
	Vectors int
	rows    func(ctx context.Context, yield func(Row) bool) error
}

// Rows streams the rows. When the source itself breaks off, the last row has Place "" and the reason as its Err.
func (s *Source) Rows(ctx context.Context) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		stopped := false
		err := s.rows(ctx, func(r Row) bool {
			stopped = !yield(r)
			return !stopped && ctx.Err() == nil
		})
		if err == nil {
			err = ctx.Err()
		}
		if err != nil && !stopped {
			yield(Row{Err: err})
		}
	}
}

// Open looks at what path is and prepares to read it. Errors in the table's head are reported here, those in rows later.
func Open(path string, o Options) (*Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir():
		if err := o.unused("a folder", "pictures"); err != nil {
			return nil, err
		}
		return openFolder(path)
	case IsTable(path):
		return openTable(path, o)
	case hasExtension(path, ".ndjson", ".jsonl"):
		if err := o.unused("an NDJSON file"); err != nil {
			return nil, err
		}
		return openNDJSON(path, o)
	}
	return nil, fmt.Errorf("%s is neither a folder nor a .csv, .tsv, .ndjson or .jsonl file", path)
}
