package main

import (
	"log/slog"
	"slices"
	"strings"

	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
)

const variablePrefix = "PINAX_"

// variableOf is the environment variable of a key of the configuration.
func variableOf(key string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// serverVariable is the one of the flag --server.
const serverVariable = variablePrefix + "SERVER"

// toolVariables are those of builds, tests and benchmarks.
func toolVariables() []string {
	return []string{
		"PINAX_BIN", "PINAX_BROWSER", "PINAX_CRASH_DIR", "PINAX_CRASH_ROUND", "PINAX_CRASH_ROUNDS", "PINAX_GOLANGCI", "PINAX_GPU",
		"PINAX_BENCH_DIMENSION", "PINAX_BENCH_QUERIES", "PINAX_BENCH_ROWS", "PINAX_BENCH_VECTORS", "PINAX_MILLION",
		"PINAX_OPEN_ITEMS", "PINAX_PYTHON", "PINAX_SEED", "PINAX_SHARED", "PINAX_SKIPS", "PINAX_TEST_AS_MAIN",
		"PINAX_TEST_GPU_STARTED", "PINAX_TEST_STARTED_FROM", "PINAX_TEST_UNPACK_INTO",
	}
}

// warnOfUnknown tells of environment variables that look like Pinax's and are not: a misspelt one would be ignored in
// silence. It is no error, since the environment belongs to others too.
func warnOfUnknown(logger *slog.Logger, environ []string) {
	k := koanf.New(".")
	if err := k.Load(structs.Provider(defaultConfig(), "koanf"), nil); err != nil {
		return // loadConfig has reported it
	}
	known := []string{serverVariable}
	for _, key := range k.Keys() {
		known = append(known, variableOf(key))
	}
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, variablePrefix) && !slices.Contains(known, name) && !slices.Contains(toolVariables(), name) {
			logger.Warn("an environment variable is not known and ignored", "name", name, "nearest", nearest(name, known))
		}
	}
}

// nearest returns the candidate that ends with the same words, or else the one that takes the fewest edits.
func nearest(name string, candidates []string) string {
	words := strings.TrimPrefix(name, variablePrefix)
	for _, candidate := range candidates {
		if strings.HasSuffix(candidate, "_"+words) {
			return candidate
		}
	}
	return slices.MinFunc(candidates, func(a, b string) int { return edits(name, a) - edits(name, b) })
}

// edits is the Levenshtein distance: how many insertions, deletions and replacements of a byte make b of a.
func edits(a, b string) int {
	row := make([]int, len(b)+1) // of the matrix, one for each prefix of a in turn
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
