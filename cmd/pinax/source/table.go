package source

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// usualTexts are the names of columns that are texts unless the caller says otherwise.
var usualTexts = []string{"title", "name", "description", "text", "caption", "title_zh", "description_zh"}

// grouped is a number with commas between thousands, as in "1,299.00". Any other comma, as in "29,90", is not guessed at.
var grouped = regexp.MustCompile(`^-?\d{1,3}(,\d{3})+(\.\d+)?$`)

// table reads a CSV or TSV file with a head line.
type table struct {
	path    string
	options Options
	columns columns
}

// columns are the positions of what is read of a row.
type columns struct {
	id, picture int // picture: -1 when the id names the file
	texts       map[string]int
	attributes  []attributeColumn
	where       map[int]string
}

type attributeColumn struct {
	name, kind string // kind: "string", "number" or "bool"
	at         int
}

func openTable(path string, o Options) (*Source, error) {
	t := &table{path: path, options: o}
	if err := t.readHead(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var n count
	if err := t.rows(func(row Row, picture string) bool { n.add(row, picture); return true }); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	pictures, err := openPictures(o.Pictures, filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	pictures.expected = pictures.expected || t.columns.picture >= 0
	return &Source{Total: n.rows, Vectors: n.vectors(pictures), rows: func(ctx context.Context, yield func(Row) bool) error {
		return pictures.join(ctx, t.rows, yield)
	}}, nil
}

// readHead finds the columns by the head line.
func (t *table) readHead() error {
	headErr := errors.New("the file is empty")
	err := t.read(func(_ span, record []string, err error) bool {
		if headErr = err; err == nil {
			t.columns, headErr = findColumns(record, t.options)
		}
		return false
	})
	return errors.Join(err, headErr)
}

// read calls yield with every record of the table or what is wrong with it.
func (t *table) read(yield func(at span, record []string, err error) bool) error {
	f, err := os.Open(t.path)
	if err != nil {
		return err
	}
	defer f.Close()
	return readRecords(f, strings.EqualFold(filepath.Ext(t.path), ".tsv"), yield)
}

func skipByteOrderMark(r *bufio.Reader) {
	if head, err := r.Peek(3); err == nil && string(head) == "\uFEFF" {
		_, _ = r.Discard(3) // they were just peeked at
	}
}

// rows streams the table's rows, without their pictures; picture is the name of the file.
func (t *table) rows(yield func(row Row, picture string) bool) error {
	first := true
	return t.read(func(at span, record []string, err error) bool {
		if first {
			first = false
			return true
		}
		place := at.String()
		if err != nil {
			return yield(Row{Place: place, Err: err}, "")
		}
		if !t.columns.keep(record) {
			return true
		}
		row, picture := t.columns.row(record)
		row.Place = place
		return yield(row, picture)
	})
}

func (c columns) keep(record []string) bool {
	for at, value := range c.where {
		if at >= len(record) || record[at] != value {
			return false
		}
	}
	return true
}

func (c columns) row(record []string) (row Row, picture string) {
	for _, field := range record {
		if !utf8.ValidString(field) {
			row.Err = errors.New("is not valid UTF-8")
			return row, ""
		}
	}
	row.ID = strings.Clone(record[c.id])
	if row.ID == "" {
		row.Err = errors.New("has no id")
		return row, ""
	}
	row.Texts = map[string]string{}
	for name, at := range c.texts {
		if strings.TrimSpace(record[at]) != "" {
			row.Texts[name] = strings.Clone(record[at])
		}
	}
	row.Attributes = map[string]any{}
	for _, column := range c.attributes {
		if record[column.at] == "" {
			continue
		}
		value, err := column.value(strings.Clone(record[column.at]))
		if err != nil {
			row.Err = err
			return row, ""
		}
		row.Attributes[column.name] = value
	}
	if c.picture >= 0 {
		return row, strings.Clone(record[c.picture])
	}
	return row, row.ID
}

func (c attributeColumn) value(text string) (any, error) {
	switch c.kind {
	case "number":
		plain := strings.TrimSpace(text)
		if grouped.MatchString(plain) {
			plain = strings.ReplaceAll(plain, ",", "")
		}
		if _, err := strconv.ParseFloat(plain, 64); err != nil || !json.Valid([]byte(plain)) {
			return nil, fmt.Errorf("%s is not a number: %q", c.name, text)
		}
		return json.Number(plain), nil
	case "bool":
		b, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(text)))
		if err != nil {
			return nil, fmt.Errorf("%s is neither true nor false: %q", c.name, text)
		}
		return b, nil
	}
	return text, nil
}

func findColumns(head []string, o Options) (columns, error) {
	position := map[string]int{}
	for i, name := range head {
		if _, twice := position[name]; twice && name != "" {
			return columns{}, fmt.Errorf("two columns are named %q", name)
		}
		position[strings.Clone(name)] = i
	}
	need := func(name string) (int, error) {
		at, ok := position[name]
		if !ok {
			return 0, fmt.Errorf("there is no column %q; there are %s", name, strings.Join(head, ", "))
		}
		return at, nil
	}
	c := columns{picture: -1, texts: map[string]int{}, where: map[int]string{}}
	used := map[string]bool{}
	var err error
	idName := o.ID
	if idName == "" {
		idName = "id"
	}
	if c.id, err = need(idName); err != nil {
		return c, err
	}
	used[idName] = true
	pictureName := o.Picture
	if _, there := position["image"]; pictureName == "" && there {
		pictureName = "image"
	}
	if pictureName != "" {
		if c.picture, err = need(pictureName); err != nil {
			return c, err
		}
		used[pictureName] = true
	}
	texts := o.Texts
	if texts == nil {
		texts = slices.DeleteFunc(slices.Clone(usualTexts), func(name string) bool { _, there := position[name]; return !there })
	}
	for _, name := range texts {
		if c.texts[name], err = need(name); err != nil {
			return c, err
		}
		used[name] = true
	}
	for name, value := range o.Where {
		at, err := need(name)
		if err != nil {
			return c, err
		}
		c.where[at] = value
	}
	attributes := o.Attributes
	if attributes == nil {
		for _, name := range head {
			if !used[name] && name != "" {
				attributes = append(attributes, strings.Clone(name))
			}
		}
	}
	for _, spec := range attributes {
		name, kind, _ := strings.Cut(spec, ":")
		if kind == "" {
			kind = "string"
		}
		if kind != "string" && kind != "number" && kind != "bool" {
			return c, fmt.Errorf("attribute %q: the type must be string, number or bool", spec)
		}
		at, err := need(name)
		if err != nil {
			return c, err
		}
		c.attributes = append(c.attributes, attributeColumn{name: name, kind: kind, at: at})
	}
	return c, nil
}
