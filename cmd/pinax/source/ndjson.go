package source

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"unicode/utf8"
)

// maxLine bounds one line of NDJSON, inline pictures included.
const maxLine = 512 << 20

// ndjsonItem is one line: an item as the HTTP contract has it, whose pictures may also name files.
type ndjsonItem struct {
	ID         string              `json:"id"`
	Texts      map[string]string   `json:"texts"`
	Images     []ndjsonImage       `json:"images"`
	Video      *ndjsonImage        `json:"video"`
	Attributes map[string]any      `json:"attributes"`
	Vectors    map[string][]vector `json:"vectors"`
}

// vector is a list of numbers. A null among them, which is how JavaScript writes NaN, is refused: it would become 0.
type vector []float32

// UnmarshalJSON implements json.Unmarshaler.
func (v *vector) UnmarshalJSON(data []byte) error {
	if bytes.Contains(data, []byte("null")) {
		return errors.New("a vector holds null where a number belongs")
	}
	return json.Unmarshal(data, (*[]float32)(v))
}

type ndjsonImage struct {
	Base64 string `json:"base64"`
	File   string `json:"file"` // relative to the folder of pictures
}

func openNDJSON(path string, o Options) (*Source, error) {
	var n lineCount
	if err := eachLine(path, func(_ int, line []byte) bool { n.add(line); return true }); err != nil {
		return nil, err
	}
	where, err := openPictures(o.Pictures, filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	if where.archive != "" {
		return nil, errors.New("pictures: an NDJSON file takes them from a folder, not from an archive")
	}
	return &Source{Total: n.lines, Vectors: n.vectors(), rows: func(_ context.Context, yield func(Row) bool) error {
		root, err := os.OpenRoot(where.folder)
		if err != nil {
			return err
		}
		defer root.Close()
		return eachLine(path, func(number int, line []byte) bool {
			row := parseLine(line, root)
			row.Place = "line " + strconv.Itoa(number)
			return yield(row)
		})
	}}, nil
}

// eachLine calls yield with every line that is not blank. Numbers count from 1.
func eachLine(path string, yield func(number int, line []byte) bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	skipByteOrderMark(r)
	for number := 1; ; number++ {
		line, err := readLine(r)
		if len(bytes.TrimSpace(line)) > 0 && !yield(number, line) {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", path, number, err)
		}
	}
}

func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		piece, err := r.ReadSlice('\n')
		line = append(line, piece...)
		if len(line) > maxLine {
			return nil, fmt.Errorf("the line has over %d bytes", maxLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

func parseLine(line []byte, root *os.Root) Row {
	if !utf8.Valid(line) {
		return Row{Err: errors.New("is not valid UTF-8")}
	}
	var in ndjsonItem
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(&in); err != nil {
		return Row{Err: fmt.Errorf("is not an item: %w", err)}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Row{Err: errors.New("has something behind the item")}
	}
	if in.ID == "" {
		return Row{Err: errors.New("has no id")}
	}
	row := Row{ID: in.ID, Texts: in.Texts, Attributes: in.Attributes}
	for modality, list := range in.Vectors {
		if row.Vectors == nil {
			row.Vectors = map[string][][]float32{}
		}
		for _, v := range list {
			row.Vectors[modality] = append(row.Vectors[modality], v)
		}
	}
	for i, img := range in.Images {
		data, err := img.read(root)
		if err != nil {
			row.Err = fmt.Errorf("images[%d]: %w", i, err)
			return row
		}
		row.Images = append(row.Images, data)
	}
	if in.Video != nil {
		var err error
		if row.Video, err = in.Video.read(root); err != nil {
			row.Err = fmt.Errorf("video: %w", err)
		}
	}
	return row
}

func (in ndjsonImage) read(root *os.Root) ([]byte, error) {
	switch {
	case (in.Base64 == "") == (in.File == ""):
		return nil, errors.New("a picture needs either base64 or file")
	case in.File != "":
		return readPicture(root, in.File)
	}
	return base64.StdEncoding.DecodeString(in.Base64)
}
