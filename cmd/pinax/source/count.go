package source

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
)

// sampled is how many rows are looked at closely where all would take too long.
const sampled = 256

// count counts the rows of a table and what becomes a vector.
type count struct {
	rows, texts, pictures int
	names                 []string // of the first pictures
}

func (n *count) add(row Row, picture string) {
	n.rows++
	if row.Err != nil {
		return
	}
	n.texts += len(row.Texts)
	if picture == "" {
		return
	}
	n.pictures++
	if len(n.names) < sampled {
		n.names = append(n.names, picture)
	}
}

// vectors returns about how many vectors there are. Where nobody said that rows have pictures, a sample tells how many do.
func (n *count) vectors(p pictures) int {
	if p.expected || len(n.names) == 0 {
		return n.texts + n.pictures
	}
	root, err := os.OpenRoot(p.folder)
	if err != nil {
		return -1 // reading the rows will say why
	}
	defer root.Close()
	there := 0
	for _, name := range n.names {
		if slices.ContainsFunc(pictureNames(name), func(name string) bool {
			info, err := root.Stat(filepath.FromSlash(name))
			return err == nil && info.Mode().IsRegular() && isPicture(name)
		}) {
			there++
		}
	}
	return n.texts + n.pictures*there/len(n.names)
}

// lineCount counts the lines of NDJSON, and what becomes a vector in the first of them.
type lineCount struct{ lines, entries, looked int }

func (n *lineCount) add(line []byte) {
	n.lines++
	if n.looked == sampled {
		return
	}
	n.looked++
	var item struct {
		Texts   map[string]json.RawMessage   `json:"texts"`
		Images  []json.RawMessage            `json:"images"`
		Vectors map[string][]json.RawMessage `json:"vectors"`
	}
	if json.Unmarshal(line, &item) != nil {
		return // it will be skipped
	}
	n.entries += len(item.Texts) + len(item.Images)
	for _, list := range item.Vectors {
		n.entries += len(list)
	}
}

func (n *lineCount) vectors() int {
	if n.looked == 0 {
		return 0
	}
	return int(float64(n.lines) * float64(n.entries) / float64(n.looked))
}
