package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/client"
	"pinax/engine"
	"pinax/engine/enginetest"
	"pinax/web"
)

// limitedServer is a server over doubles, whose encoder makes vectors of 256 elements, on a machine with that much memory
// left; -1: it does not know.
func limitedServer(t *testing.T, available int64) *client.Client {
	t.Helper()
	e, err := engine.New(enginetest.NewBackend(), []engine.Encoder{enginetest.NewEncoder(256)}, engine.DefaultOptions())
	require.NoError(t, err)
	o := web.DefaultOptions()
	if available >= 0 {
		o.Memory = func() (web.Memory, error) {
			return web.Memory{ResidentBytes: 3 << 20, FileBytes: 1 << 20, LimitBytes: 4 << 30, AvailableBytes: available, LimitedBy: "cgroup"}, nil
		}
	}
	server := web.New(o)
	server.Ready(e)
	s := httptest.NewServer(server)
	t.Cleanup(s.Close)
	c, err := client.New(s.URL)
	require.NoError(t, err)
	return c
}

func makeTwo(t *testing.T, c *client.Client) {
	t.Helper()
	for _, in := range []client.NewCollection{
		{Name: "shop"}, {Name: "small", Index: client.Index{Memory: "codes"}},
	} {
		_, err := c.CreateCollection(t.Context(), in)
		require.NoError(t, err)
	}
	_, err := c.PutItem(t.Context(), "shop", "a", client.Item{Texts: map[string]string{"title": "red dress"}})
	require.NoError(t, err)
}

func TestStatsOfACollectionThatIsNotThere(t *testing.T) {
	_, err := readStats(t.Context(), limitedServer(t, 1<<30), "nowhere")
	var e *client.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "not_found", e.Code)
}

func TestStatsOfAServerBeforeThereWereAny(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	c, err := client.New(s.URL)
	require.NoError(t, err)
	_, err = readStats(t.Context(), c, "")
	require.Error(t, err)
}

func TestStatsTable(t *testing.T) {
	c := limitedServer(t, 1<<30)
	makeTwo(t, c)
	report, err := readStats(t.Context(), c, "")
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, report.print(&out))
	lines := strings.Split(out.String(), "\n")
	require.Equal(t, []string{"shop", "1", "0", "1", "0", "none", "full", "1024", "1.00", "KiB"}, strings.Fields(lines[1])[:10],
		"the double keeps full vectors, whatever the settings")
	require.Equal(t, []string{"small", "0", "0", "0", "0", "none", "full", "about", "409", "0", "B"}, strings.Fields(lines[2])[:11])
	require.Contains(t, out.String(), "2 collections, 1 items, 1 vectors; their indexes take 1.00 KiB")
	require.Contains(t, out.String(), "the process takes 3.00 MiB, of which 1.00 MiB are pages of files")
	require.Contains(t, out.String(), "4.00 GiB of memory by the cgroup, 1.00 GiB of them available")

	one, err := readStats(t.Context(), c, "small")
	require.NoError(t, err)
	require.Len(t, one.Collections, 1)
	config := engine.IndexConfig{Memory: "codes"}
	require.Equal(t, engine.VectorsThatFit(config, 256, 1<<30), *one.Collections[0].VectorsThatFit)
	require.Greater(t, *one.Collections[0].VectorsThatFit, 2*(*report.Collections[0].VectorsThatFit))
}

func TestStatsWithoutMemory(t *testing.T) {
	c := limitedServer(t, -1)
	report, err := readStats(t.Context(), c, "")
	require.NoError(t, err)
	text, err := json.Marshal(report)
	require.NoError(t, err)
	require.JSONEq(t, `{"total":{"collections":0,"items":0,"vectors":0,"index_bytes":0,"memory":null},"collections":[]}`, string(text))
	makeTwo(t, c)
	report, err = readStats(t.Context(), c, "shop")
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, report.print(&out))
	require.Contains(t, out.String(), "unknown")
	require.NotContains(t, out.String(), "available")
}

func TestUnits(t *testing.T) {
	for bytes, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "0.98 KiB", 1024: "1.00 KiB", 10_235: "10.0 KiB", 102_400: "100 KiB", 1_023_000: "999 KiB",
		1_023_999: "0.98 MiB", 1 << 30: "1.00 GiB", 1<<63 - 1: "8.00 EiB",
	} {
		require.Equal(t, want, inUnits(bytes), "%d", bytes)
	}
}

// TestStatsOfARealServer asks a process about itself, before and after it has something.
func TestStatsOfARealServer(t *testing.T) {
	needLibrary(t)
	address, _ := serve(t, "--data", t.TempDir())
	_, errs, ok := pinax(t, "stats", "--server", address, "-c", "shop")
	require.False(t, ok)
	require.Contains(t, errs, "shop")

	table, products := writeShop(t)
	_, errs, ok = pinax(t, "ingest", table, "-c", "shop", "--server", address)
	require.True(t, ok, errs)
	require.Contains(t, errs, "of memory in the index")
	var report statsReport
	require.NoError(t, json.Unmarshal([]byte(must(t, "stats", "--server", address, "--json")), &report))
	require.Len(t, report.Collections, 1)
	shop := report.Collections[0]
	require.Equal(t, "int8", shop.Entries.Image.Quantizer)
	require.GreaterOrEqual(t, shop.Entries.Image.Vectors, len(products))
	require.Positive(t, shop.Entries.Text.LinkBytes)
	require.Equal(t, report.Total.IndexBytes, shop.Entries.Image.MemoryBytes+shop.Entries.Text.MemoryBytes)
	if runtime.GOOS == "linux" {
		require.Greater(t, report.Total.Memory.ResidentBytes, report.Total.IndexBytes)
		require.Positive(t, *shop.VectorsThatFit)
	}
	require.Contains(t, must(t, "stats", "--server", address), "shop")
}
