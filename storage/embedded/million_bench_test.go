//go:build linux

package embedded

import (
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"pinax/engine"
	"pinax/index"
	"pinax/index/indextest"
	"pinax/storage/backendtest"
)

const (
	millionEntries   = 1_000_000
	millionDimension = 256
	millionPart      = 50_000 // as many have the same centres
)

// millionFolder returns a folder whose database has a million entries of 256 numbers and their graph. It is made once, in
// the folder that PINAX_MILLION names, which takes 2 GB and many minutes.
func millionFolder(b *testing.B) string {
	b.Helper()
	dir := os.Getenv("PINAX_MILLION")
	if dir == "" {
		b.Skip("PINAX_MILLION names no folder for a database of a million vectors")
	}
	if _, err := os.Stat(filepath.Join(dir, databaseName)); err == nil {
		return dir
	}
	making := dir + ".making"
	require.NoError(b, os.RemoveAll(making))
	s := openMillion(b, making, index.MemoryFull)
	require.NoError(b, s.CreateCollection(b.Context(), engine.Collection{
		Name: "shop", Encoder: engine.EncoderRef{Dimension: millionDimension}, Index: engine.IndexConfig{Kind: "hnsw", Quantizer: "int8"},
	}))
	for at := 0; at < millionEntries; at += millionPart {
		addVectors(b, s, at, indextest.Clustered(rand.New(rand.NewPCG(uint64(at), 1)), millionPart, millionDimension))
		b.Log("made ", at+millionPart)
	}
	require.NoError(b, s.Close())
	require.NoError(b, os.Rename(making, dir))
	return dir
}

// openMillion opens a store that writes no graph by itself, with an index of int8 codes.
func openMillion(b *testing.B, dir, memory string) *Store {
	b.Helper()
	o := testOptions()
	o.NewIndex = func(_ engine.IndexConfig, dimension int, source index.Source) (index.Index, error) {
		return indexOfKind(engine.IndexConfig{Quantizer: "int8", Memory: memory}, dimension, source)
	}
	s, err := Open(b.Context(), dir, o)
	require.NoError(b, err)
	return s
}

// addVectors stores items of one vector each, numbered from first.
func addVectors(b *testing.B, s *Store, first int, vectors [][]float32) {
	b.Helper()
	const batch = 1000
	for at := 0; at < len(vectors); at += batch {
		writes := make([]engine.Write, min(batch, len(vectors)-at))
		for i := range writes {
			writes[i].Record.Item.ID = "sku-" + strconv.Itoa(first+at+i)
			writes[i].Record.Entries = backendtest.Entries(engine.ModalityImage, vectors[at+i])
		}
		_, err := s.Upsert(b.Context(), "shop", writes)
		require.NoError(b, err)
	}
}

// copyFolder copies the database of a folder into a new one.
func copyFolder(b *testing.B, from string) (to string) {
	b.Helper()
	to = b.TempDir()
	in, err := os.Open(filepath.Join(from, databaseName))
	require.NoError(b, err)
	defer in.Close()
	out, err := os.Create(filepath.Join(to, databaseName))
	require.NoError(b, err)
	_, err = io.Copy(out, in)
	require.NoError(b, err)
	require.NoError(b, out.Close())
	return to
}

// BenchmarkOpenMillion opens a million vectors after a clean end, also with none of them in the system's cache, and after
// an end that left the last 10,000 entries without a graph.
func BenchmarkOpenMillion(b *testing.B) {
	clean := millionFolder(b)
	killed := copyFolder(b, clean)
	s := openMillion(b, killed, index.MemoryFull)
	random := rand.New(rand.NewPCG(1, 2))
	addVectors(b, s, millionEntries, indextest.Clustered(random, DefaultOptions().CheckpointEntries, millionDimension))
	s.closeWithoutCheckpoint(b)
	for _, name := range []string{"clean", "cold", "killed"} {
		dir := clean
		if name == "killed" {
			dir = killed
		}
		for _, memory := range []string{index.MemoryFull, index.MemoryCodes} {
			b.Run(name+"/"+memory, func(b *testing.B) {
				cpu := cpuTime(b)
				for range b.N {
					if name == "cold" {
						b.StopTimer()
						dropFromCache(b, dir)
						b.StartTimer()
					}
					s := openMillion(b, dir, memory)
					b.StopTimer()
					b.Logf("%+v", s.OpenReport())
					s.closeWithoutCheckpoint(b)
					runtime.GC()
					b.StartTimer()
				}
				b.ReportMetric((cpuTime(b)-cpu).Seconds()/float64(b.N), "cpu-s/op")
			})
		}
	}
}

// dropFromCache makes the system forget what it has read of a database.
func dropFromCache(b *testing.B, dir string) {
	b.Helper()
	file, err := os.Open(filepath.Join(dir, databaseName))
	require.NoError(b, err)
	defer file.Close()
	require.NoError(b, file.Sync())
	require.NoError(b, unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED))
}

// BenchmarkCheckpointMillion writes the graph of a million vectors in full, and after some were added. It tells for how
// long the index takes no writes, which is also what a write beside it waits at most, and the bytes that are written, which
// memory holds until they are.
func BenchmarkCheckpointMillion(b *testing.B) {
	s := openMillion(b, copyFolder(b, millionFolder(b)), index.MemoryFull)
	defer s.closeWithoutCheckpoint(b)
	c, err := s.named("shop")
	require.NoError(b, err)
	sp := c.spaces[engine.ModalityImage]
	added := millionEntries
	for _, add := range []int{0, 1000, 10_000} {
		b.Run(strconv.Itoa(add), func(b *testing.B) {
			var held, bytes float64
			for range b.N {
				b.StopTimer()
				if add == 0 {
					sp.written = graphHeader{}
				}
				random := rand.New(rand.NewPCG(uint64(added), 2))
				addVectors(b, s, added, indextest.Clustered(random, add, millionDimension))
				added += add
				measured := &measuredCheckpoint{Index: sp.index}
				sp.index = measured
				b.StartTimer()
				require.NoError(b, s.checkpoint(b.Context(), c, sp))
				sp.index = measured.Index
				held, bytes = held+measured.took.Seconds()*1000, bytes+float64(measured.bytes)
			}
			b.ReportMetric(held/float64(b.N), "held-ms/op")
			b.ReportMetric(bytes/1e6/float64(b.N), "MB-written/op")
		})
	}
}

// measuredCheckpoint is an index that measures its checkpoint.
type measuredCheckpoint struct {
	index.Index
	took  time.Duration
	bytes int64
}

func (x *measuredCheckpoint) Checkpoint(w io.Writer, changes bool) error {
	start, count := time.Now(), countingWriter{Writer: w}
	err := x.Index.Checkpoint(&count, changes)
	x.took, x.bytes = time.Since(start), count.bytes
	return err
}

type countingWriter struct {
	io.Writer
	bytes int64
}

func (w *countingWriter) Write(p []byte) (int, error) {
	w.bytes += int64(len(p))
	return w.Writer.Write(p)
}

// BenchmarkNearestMillion searches a million vectors, near those of the first part.
func BenchmarkNearestMillion(b *testing.B) {
	const queries = 1000
	dir := millionFolder(b)
	all := indextest.Clustered(rand.New(rand.NewPCG(0, 1)), millionPart+queries, millionDimension)
	for _, memory := range []string{index.MemoryFull, index.MemoryCodes} {
		b.Run(memory, func(b *testing.B) {
			s := openMillion(b, dir, memory)
			defer s.closeWithoutCheckpoint(b)
			benchmarkSearch(b, s, all[millionPart:])
		})
	}
}
