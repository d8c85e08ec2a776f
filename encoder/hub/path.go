package hub

import (
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestPath is more than any model needs, and less than what file systems refuse.
const longestPath = 512

// PathIsSafe tells whether a path of a stranger's listing or archive may be joined to a folder: slash-separated and clean,
// not absolute, never upwards, of printable characters, and no name that means something else to this system.
func PathIsSafe(p string) bool {
	if p == "." || len(p) > longestPath || !fs.ValidPath(p) || path.Clean(p) != p || !utf8.ValidString(p) {
		return false
	}
	if strings.ContainsFunc(p, func(r rune) bool { return r == '\\' || !unicode.IsPrint(r) }) {
		return false
	}
	return filepath.IsLocal(filepath.FromSlash(p))
}
