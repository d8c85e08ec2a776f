package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/client"
	"pinax/cmd/pinax/demo"
)

const twoScales = `
encoder:
  kind: fusion
  name: two-scales
  members:
    - {model: "", weight: 2}
    - {model: pinax-mini, weight: 1, crop: [0.15, 0.15, 0.85, 0.85]}
`

// TestFusionFromConfigToAnswer serves two scales of the bundled model, fills a collection, searches it, fits a projection
// on it and serves that.
func TestFusionFromConfigToAnswer(t *testing.T) {
	needLibrary(t)
	data, config := t.TempDir(), write(t, twoScales)
	address, stop := serve(t, "--data", data, "--config", config)
	table, products := writeShop(t)
	fill := func(collection string) {
		t.Helper()
		must(t, "ingest", table, "-c", collection, "--server", address, "-q")
	}
	fill("shop")
	picture := func(p demo.Product) string { return filepath.Join(filepath.Dir(table), p.ID+".jpg") }
	finds := func(collection string, p demo.Product) {
		t.Helper()
		out := must(t, "search", "-c", collection, "--server", address, "--json", "--image", picture(p))
		require.Contains(t, strings.SplitN(out, `"id":`, 3)[1], p.ID)
		require.Contains(t, must(t, "search", p.Titles["title"], "-c", collection, "--server", address, "--target", "text"), p.ID)
	}
	finds("shop", products[3])

	c, err := client.New(address)
	require.NoError(t, err)
	encoders, err := c.Encoders(t.Context())
	require.NoError(t, err)
	require.Equal(t, "two-scales", encoders[0].Name)
	require.Equal(t, 512, encoders[0].Dimension)
	require.Equal(t, []string{"en", "zh"}, encoders[0].Languages)
	require.Equal(t, "cpu", encoders[0].Provider)
	finds("shop", products[3])
	require.Regexp(t, `pinax_encoder_cache_requests_total\{encoder="two-scales",outcome="hit"\} [1-9]`, metricsOf(t, address))

	fit := []string{"fusion", "fit", "--config", config, "--data", data, "-c", "shop", "-d", "16"}
	_, errs, ok := pinax(t, fit...)
	require.False(t, ok, "the server has the data folder")
	require.Contains(t, errs, "another")
	stop()
	_, errs, ok = pinax(t, "fusion", "fit", "--data", data, "-c", "shop", "-d", "16")
	require.False(t, ok)
	require.Contains(t, errs, "not fusion")
	_, errs, ok = pinax(t, append(fit, "--set", "encoder.members=")...)
	require.False(t, ok)
	require.Contains(t, errs, "encoder.members")
	out := must(t, fit...)
	require.Contains(t, out, "512 → 16 elements")
	require.Contains(t, out, "recall@10 of text → image")

	projection := filepath.Join(data, "projection-16.bin")
	address, stop = serve(t, "--data", data, "--config", config, "--set", "encoder.projection="+projection, "--set", "encoder.cache=0")
	fill("short")
	finds("short", products[5])
	_, errs, ok = pinax(t, "search", "dress", "-c", "shop", "--server", address)
	require.False(t, ok, "the collection of long vectors is refused, not searched with short ones")
	require.Contains(t, errs, "encoder_mismatch")
	stop()

	bytes, err := os.ReadFile(projection)
	require.NoError(t, err)
	bytes[100] ^= 1
	require.NoError(t, os.WriteFile(projection, bytes, 0o600))
	_, errs, ok = pinax(t, "serve", "--listen", "127.0.0.1:0", "--data", data, "--config", config, "--set", "encoder.projection="+projection)
	require.False(t, ok)
	require.Contains(t, errs, "damaged")
}

func metricsOf(t *testing.T, address string) string {
	t.Helper()
	resp, err := http.Get(address + "/metrics") //nolint:noctx // a test's
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(text)
}

func TestFusionConfigRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ file, want string }{
		"one member":           {"encoder: {kind: fusion, members: [{weight: 1}]}", "encoder.members"},
		"members of no fusion": {"encoder: {members: [{weight: 1}, {weight: 1}]}", "encoder.members"},
		"no weight":            {"encoder: {kind: fusion, members: [{weight: 1}, {model: x}]}", "members[1].weight"},
		"a negative weight":    {"encoder: {kind: fusion, members: [{weight: -1}, {weight: 1}]}", "members[0].weight"},
		"three numbers":        {"encoder: {kind: fusion, members: [{weight: 1}, {weight: 1, crop: [0, 0, 1]}]}", "members[1].crop"},
		"an empty crop":        {"encoder: {kind: fusion, members: [{weight: 1}, {weight: 1, crop: [0.5, 0, 0.5, 1]}]}", "members[1].crop"},
		"a crop of zeros":      {"encoder: {kind: fusion, members: [{weight: 1}, {weight: 1, crop: [0, 0, 0, 0]}]}", "members[1].crop"},
		"an unknown key":       {"encoder: {kind: fusion, members: [{weight: 1, corp: []}, {weight: 1}]}", "corp"},
		"a model beside":       {"encoder: {kind: fusion, model: x, members: [{weight: 1}, {weight: 1}]}", "encoder.model"},
		"another kind":         {"encoder: {kind: both}", "encoder.kind"},
		"a projection alone":   {"encoder: {projection: x}", "encoder.projection"},
		"a provider":           {"encoder: {provider: abacus}", "encoder.provider"},
		"a device":             {"encoder: {devices: [-1]}", "encoder.devices"},
		"a negative cache":     {"encoder: {cache: -1}", "encoder.cache"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loadConfig(write(t, tc.file), nil, nil)
			require.ErrorContains(t, err, tc.want)
		})
	}
	c, err := loadConfig(write(t, twoScales), []string{"PINAX_ENCODER_DEVICES=0,2"}, nil)
	require.NoError(t, err)
	require.Equal(t, []int{0, 2}, c.Encoder.Devices)
	require.Equal(t, []float64{0.15, 0.15, 0.85, 0.85}, c.Encoder.Members[1].Crop)
}

// TestNamedProviderOrNothing asks the server for a GPU that this build cannot use, and then for the best that there is.
func TestNamedProviderOrNothing(t *testing.T) {
	needLibrary(t)
	_, errs, ok := pinax(t, "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--set", "encoder.provider=cuda",
		"--set", "runtime.gpu="+t.TempDir())
	require.False(t, ok)
	for _, part := range []string{"cuda", "make gpu", "auto"} {
		require.Contains(t, errs, part)
	}
}

// TestFloodOverHTTP sends far more pictures at once than the queue admits: whoever is refused is told when to come back.
func TestFloodOverHTTP(t *testing.T) {
	needLibrary(t)
	address, _ := serve(t, "--data", t.TempDir(), "--set", "encoder.queue=4", "--set", "encoder.cache=0", "--set", "encoder.threads=1")
	var b bytes.Buffer
	b.WriteString(`{"texts":[`)
	for i := range 100 {
		b.WriteString(`"red dress `)
		b.WriteString(strconv.Itoa(i))
		b.WriteString(`",`)
	}
	body := strings.TrimSuffix(b.String(), ",") + "]}"
	var mu sync.Mutex
	statuses := map[int]int{}
	var callers sync.WaitGroup
	for range 64 {
		callers.Go(func() {
			for range 4 {
				resp, err := http.Post(address+"/v1/embed", "application/json", strings.NewReader(body)) //nolint:noctx // a test's
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				mu.Lock()
				statuses[resp.StatusCode]++
				mu.Unlock()
				seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
				if resp.StatusCode == http.StatusServiceUnavailable && (err != nil || seconds < 1 || seconds > 60) {
					t.Errorf("Retry-After: %q", resp.Header.Get("Retry-After"))
				}
			}
		})
	}
	callers.Wait()
	require.Equal(t, 256, statuses[200]+statuses[503], "%v", statuses)
	require.Positive(t, statuses[200])
	require.Positive(t, statuses[503])
}
