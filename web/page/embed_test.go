package page_test

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/web/page"
)

// What a policy of default-src 'self' blocks, or would fetch from elsewhere.
var forbidden = map[string]*regexp.Regexp{
	"inline style":     regexp.MustCompile(`(?i)<style|\sstyle\s*=`),
	"inline script":    regexp.MustCompile(`(?i)<script(?:\s+(?:type="module"|src="[^"]*"))*\s*>[^<]`),
	"inline handler":   regexp.MustCompile(`(?i)<[^>]*\son[a-z]+\s*=`),
	"javascript: link": regexp.MustCompile(`(?i)javascript:`),
	"foreign address":  regexp.MustCompile(`(?i)(?:src|href|url\(|import|from)\s*[=("'\s]+(?:https?:)?//`),
	"markup from text": regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|setAttribute\("style"|\beval\(|new Function`),
}

// Where a file names another one.
var references = []*regexp.Regexp{
	regexp.MustCompile(`(?:src|href)="([^"#]+\.(?:js|css|svg))"`),
	regexp.MustCompile(`url\("([^"]+)"\)`),
	regexp.MustCompile(`from "\./([^"]+)"`),
}

func TestPageKeepsToItsPolicy(t *testing.T) {
	for name, text := range files(t) {
		for what, pattern := range forbidden {
			require.Empty(t, pattern.FindString(text), "%s has an %s", name, what)
		}
	}
}

func TestForbiddenIsRecognised(t *testing.T) {
	for what, sample := range map[string]string{
		"inline style":     `<p style="color: red">`,
		"inline script":    `<script type="module">alert(1)</script>`,
		"inline handler":   `<img src="x" onerror="alert(1)">`,
		"javascript: link": `<a href="javascript:alert(1)">`,
		"foreign address":  `@import url("https://fonts.example/a.css")`,
		"markup from text": `tile.innerHTML = title`,
	} {
		require.Regexp(t, forbidden[what], sample)
	}
}

func TestReferencesAreEmbedded(t *testing.T) {
	all := files(t)
	require.Contains(t, all, "index.html")
	used := map[string]bool{"index.html": true}
	for name, text := range all {
		for _, pattern := range references {
			for _, found := range pattern.FindAllStringSubmatch(text, -1) {
				require.Contains(t, all, found[1], "named in %s", name)
				used[found[1]] = true
			}
		}
	}
	for name := range all {
		require.Contains(t, used, name, "nothing uses it")
	}
}

// files returns the text of every embedded file by its name.
func files(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(page.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(page.FS, name)
		all[path.Clean(name)] = strings.ReplaceAll(string(data), `xmlns="http://www.w3.org/2000/svg"`, "")
		return err
	})
	require.NoError(t, err)
	require.NotEmpty(t, all)
	return all
}
