package main

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// warnings returns what is logged about an environment.
func warnings(environ ...string) string {
	var log bytes.Buffer
	warnOfUnknown(slog.New(slog.NewTextHandler(&log, nil)), environ)
	return log.String()
}

func TestMisspeltVariablesAreToldOf(t *testing.T) {
	for misspelt, meant := range map[string]string{
		"PINAX_" + "SEVER_LISTEN":    "PINAX_SERVER_LISTEN",
		"PINAX_" + "SERVER__LISTEN":  "PINAX_SERVER_LISTEN",
		"PINAX_" + "INDEX_EFSEARCH":  "PINAX_INDEX_EF_SEARCH",
		"PINAX_" + "LISTEN":          "PINAX_SERVER_LISTEN",
		"PINAX_" + "DATA_DIR":        "PINAX_DATA",
		"PINAX_" + "SERVR":           "PINAX_SERVER",
		"PINAX_" + "server_listen":   "PINAX_",
		"PINAX_" + "PICTURES_PIXEL ": "PINAX_PICTURES_PIXELS",
	} {
		require.Contains(t, warnings(misspelt+"=x"), "nearest="+meant, misspelt)
	}
	require.Empty(t, warnings("PINAX_SERVER_LISTEN=x", "PINAX_DATA=", "PINAX_SERVER=x", "PINAX_SHARED=x", "HOME=x", "PINAXX=x", "PINAX=x"))
}

// TestVariablesOfTheRepositoryAreKnown looks through everything that sets or reads one, documents too.
func TestVariablesOfTheRepositoryAreKnown(t *testing.T) {
	variable := regexp.MustCompile(`\bPINAX(_[A-Z]+)+\b`)
	skipped := []string{".git", ".cache", "bin", "data", "node_modules"}
	found := map[string]bool{}
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(skipped, d.Name()):
			return filepath.SkipDir
		case !slices.Contains([]string{".go", ".py", ".js", ".mjs", ".md", ".yaml", ""}, filepath.Ext(path)) || !d.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		for _, name := range variable.FindAllString(string(text), -1) {
			found[name] = true
		}
		return err
	}))
	require.Contains(t, found, "PINAX_SHARED", "the search finds something")
	for name := range found {
		require.Empty(t, warnings(name+"=x"))
	}
}

func TestEdits(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"kitten", "sitting", 3}, {"ab", "ba", 2}} {
		require.Equal(t, tc.want, edits(tc.a, tc.b), "%q %q", tc.a, tc.b)
	}
}
