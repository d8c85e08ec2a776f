package source

import (
	"bufio"
	"bytes"
	"io"
)

// lineReader reads a table line by line and can go back.
type lineReader struct {
	r      *bufio.Reader
	number int      // of the last line read, from 1
	again  [][]byte // whole lines to be read before those of r, the last block first
	err    error    // of r, met behind its last line
}

// newLineReader skips a byte order mark. Where the first line ends with a lone carriage return, as Excel for Mac writes,
// every one ends a line. quotes says that line ends may be quoted.
func newLineReader(r io.Reader, quotes bool) lineReader {
	buffered := bufio.NewReaderSize(r, 1<<16)
	skipByteOrderMark(buffered)
	if endsWithCarriageReturns(buffered, quotes) {
		buffered = bufio.NewReaderSize(carriageReturns{buffered}, 1<<16)
	}
	return lineReader{r: buffered}
}

// next returns a line with its end, and its number, or io.EOF.
func (l *lineReader) next() (line []byte, number int, err error) {
	if n := len(l.again); n > 0 {
		block := l.again[n-1]
		end := bytes.IndexByte(block, '\n') + 1
		if end == 0 {
			end = len(block)
		}
		if line = block[:end]; end == len(block) {
			l.again = l.again[:n-1]
		} else {
			l.again[n-1] = block[end:]
		}
	} else {
		if l.err == nil {
			line, l.err = readLine(l.r)
		}
		if len(line) == 0 && l.err != nil {
			return nil, 0, l.err
		}
	}
	l.number++
	return line, l.number, nil
}

// unread makes the lines of a block the next ones. They must be those read last.
func (l *lineReader) unread(block []byte, lines int) {
	if len(block) > 0 {
		l.again = append(l.again, block)
		l.number -= lines
	}
}

// endsWithCarriageReturns tells whether the first line that ends in what r has ready ends with a lone carriage return.
func endsWithCarriageReturns(r *bufio.Reader, quotes bool) bool {
	head, _ := r.Peek(r.Size()) // a shorter file is no failure, and a failing one fails again when it is read
	quoted := false
	for i, b := range head {
		switch {
		case b == '"' && quotes:
			quoted = !quoted
		case b == '\n' && !quoted:
			return false
		case b == '\r' && !quoted:
			return i+1 == len(head) || head[i+1] != '\n'
		}
	}
	return false
}

// carriageReturns reads carriage returns as line feeds.
type carriageReturns struct{ r io.Reader }

// Read implements io.Reader.
func (c carriageReturns) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}
