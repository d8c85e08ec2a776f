package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"pinax/web/page"
)

// TestContractNamesEveryRoute compares the contract with the router, both ways.
func TestContractNamesEveryRoute(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(contract)
	require.NoError(t, err)
	var stated []string
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			stated = append(stated, method+" "+path)
			require.NotNil(t, operation.Responses.Default(), "%s %s may fail", method, path)
		}
	}
	files, err := page.FS.ReadDir(".")
	require.NoError(t, err)
	pageFiles := map[string]bool{}
	for _, f := range files {
		pageFiles["/"+f.Name()] = true
	}
	parameter := regexp.MustCompile(`:(\w+)`)
	var routed []string
	for _, route := range New(DefaultOptions()).echo.Routes() {
		if route.Method != http.MethodHead && !pageFiles[route.Path] {
			routed = append(routed, strings.TrimSpace(route.Method+" "+parameter.ReplaceAllString(route.Path, "{$1}")))
		}
	}
	require.ElementsMatch(t, routed, stated)
}

// TestContractStatesTheLimits keeps what the contract says of a slow body in step with what is done.
func TestContractStatesTheLimits(t *testing.T) {
	require.Contains(t, string(contract), "256 KiB in 20 seconds")
	require.Equal(t, 256<<10, paceBytes)
	require.Equal(t, 20.0, paceTime.Seconds())
}
