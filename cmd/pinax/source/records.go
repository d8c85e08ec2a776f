package source

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// maxRecord is how far a quote that opens in a CSV is followed before it counts as never closed.
const maxRecord = 16 << 20

// span are the lines of a record, counted from 1.
type span struct{ first, last int }

// String is how reports name the place.
func (s span) String() string {
	if s.first == s.last {
		return fmt.Sprintf("line %d", s.first)
	}
	return fmt.Sprintf("lines %d to %d", s.first, s.last)
}

// readRecords calls yield with every record of a CSV, or of a TSV, or with what is wrong with it. All must have as many
// fields as the first. A record is valid during the call only.
//
// A CSV is that of RFC 4180. A TSV knows no quotes: they stand for themselves, as in the IANA's text/tab-separated-values.
func readRecords(r io.Reader, tabs bool, yield func(at span, record []string, err error) bool) error {
	var next func() ([]string, span, error)
	if tabs {
		next = newTSVReader(r).next
	} else {
		next = newCSVReader(r).next
	}
	width := 0
	for {
		record, at, err := next()
		var bad *recordError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &bad):
			err = bad.reason
		case err != nil:
			return err
		case width == 0:
			width = len(record)
		case len(record) != width:
			record, err = nil, csv.ErrFieldCount
		}
		if !yield(at, record, err) {
			return nil
		}
	}
}

// recordError is what is wrong with one record; the next can be read all the same.
type recordError struct{ reason error }

// Error implements error.
func (e *recordError) Error() string { return e.reason.Error() }

// tsvReader takes lines apart at tabs.
type tsvReader struct{ lines lineReader }

func newTSVReader(r io.Reader) *tsvReader { return &tsvReader{lines: newLineReader(r, false)} }

func (t *tsvReader) next() ([]string, span, error) {
	for {
		line, number, err := t.lines.next()
		if err != nil {
			return nil, span{}, err
		}
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(line) == 0 {
			continue
		}
		var record []string
		for cell := range bytes.SplitSeq(line, []byte("\t")) {
			record = append(record, string(cell))
		}
		return record, span{number, number}, nil
	}
}

// csvReader cuts a CSV into records itself and leaves only their fields to encoding/csv, which would read from a quote
// that is not closed to the end of the file and lose what lies between.
type csvReader struct {
	lines  lineReader
	chunk  bytes.Buffer  // the lines of one record
	parsed *bufio.Reader // of chunk, kept so that csv.NewReader makes none
}

func newCSVReader(r io.Reader) *csvReader {
	return &csvReader{lines: newLineReader(r, true), parsed: bufio.NewReader(nil)}
}

// next returns the next record. After a bad one that spans several lines it goes on at its second.
func (c *csvReader) next() ([]string, span, error) {
	for {
		at, closed, err := c.gather()
		if err != nil {
			return nil, span{}, err
		}
		c.parsed.Reset(bytes.NewReader(c.chunk.Bytes()))
		record, err := csv.NewReader(c.parsed).Read()
		if errors.Is(err, io.EOF) {
			continue // a blank line
		}
		var bad *csv.ParseError
		switch {
		case err == nil:
			return record, at, nil
		case !errors.As(err, &bad):
			return nil, span{}, err
		case at.first == at.last:
			return nil, at, &recordError{bad.Err}
		}
		_, rest, _ := bytes.Cut(c.chunk.Bytes(), []byte("\n"))
		c.lines.unread(bytes.Clone(rest), at.last-at.first)
		if bad.Line == 1 {
			return nil, span{at.first, at.first}, &recordError{bad.Err}
		}
		if closed {
			at.last = at.first + bad.Line - 1
		}
		return nil, at, &recordError{fmt.Errorf("a quote is opened and not closed (%w); read again from line %d", bad.Err, at.first+1)}
	}
}

// gather puts the lines of the next record into chunk. Quotes come in pairs, those inside of a field too, so a record
// ends at the first line with an even number of them. closed is false when there is none.
func (c *csvReader) gather() (at span, closed bool, err error) {
	c.chunk.Reset()
	for !closed {
		line, number, err := c.lines.next()
		if c.chunk.Len() > 0 && (errors.Is(err, io.EOF) || c.chunk.Len()+len(line) > maxRecord) {
			if err == nil {
				c.lines.unread(line, 1)
			}
			return at, false, nil
		}
		if err != nil {
			return span{}, false, err
		}
		if c.chunk.Len() == 0 {
			at.first, closed = number, true
		}
		at.last = number
		c.chunk.Write(line)
		if bytes.Count(line, []byte(`"`))%2 == 1 {
			closed = !closed
		}
	}
	return at, true, nil
}
