package tokenizer

import "fmt"

// byteTokens are the ids of <0x00> to <0xFF>, by which sentencepiece writes what its vocabulary lacks, or none.
type byteTokens [256]int64

func newByteTokens(id func(string) (int64, bool)) *byteTokens {
	t := new(byteTokens)
	for b := range t {
		var ok bool
		if t[b], ok = id(fmt.Sprintf("<0x%02X>", b)); !ok {
			t[b] = none
		}
	}
	return t
}

// cover reports that every byte of text has a token. A nil t has none.
func (t *byteTokens) cover(text []byte) bool {
	if t == nil {
		return false
	}
	for _, b := range text {
		if t[b] == none {
			return false
		}
	}
	return true
}
