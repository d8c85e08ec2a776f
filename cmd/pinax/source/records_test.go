package source

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzRecords compares with encoding/csv: what it reads without complaint is read the same here, but for the lone
// carriage returns that it does not take for line ends.
func FuzzRecords(f *testing.F) {
	f.Add("id,title\n1,\"two\nlines\"\r\n\n2,\"a \"\"b\"\"\"\n")
	f.Add("a,b\r\n\"\",\r\n")
	f.Add("\uFEFFa\n\"x\ny\n")
	f.Fuzz(func(t *testing.T, text string) {
		plain := strings.TrimPrefix(text, "\uFEFF")
		want, err := csv.NewReader(strings.NewReader(plain)).ReadAll()
		lone := strings.Contains(strings.ReplaceAll(plain, "\r\n", ""), "\r")
		var got [][]string
		last, bad := 0, false
		require.NoError(t, readRecords(strings.NewReader(text), false, func(at span, record []string, err error) bool {
			require.Greater(t, at.first, last, "no line is read twice")
			require.GreaterOrEqual(t, at.last, at.first)
			if last = at.last; err != nil {
				last, bad = at.first, true
				return true
			}
			got = append(got, slices.Clone(record))
			return true
		}))
		if lone {
			return
		}
		require.Equal(t, err != nil, bad, "%v", err)
		if err == nil {
			require.Equal(t, want, got)
		}
	})
}

// TestQuoteIsFollowedNotForEver reads a quote that opens in a large file.
func TestQuoteIsFollowedNotForEver(t *testing.T) {
	const rows = 2_000_000 // of 11 bytes
	table := bytes.Repeat([]byte("12345,words\n"), rows)
	n, failed := 0, 0
	require.NoError(t, readRecords(bytes.NewReader(append([]byte("id,title\n0,\"open\n"), table...)), false, func(at span, _ []string, err error) bool {
		if n++; err != nil {
			failed++
			require.Equal(t, 2, at.first)
			require.Less(t, at.last, rows)
		}
		return true
	}))
	require.Equal(t, rows+2, n)
	require.Equal(t, 1, failed)
}
