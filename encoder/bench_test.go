//go:build unix

package encoder

import (
	"archive/tar"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/encoder/picture"
)

// callers is what a bulk ingestion has in flight.
const callers = 64

// catalogue returns pictures of the fashion catalogue, or a drawn one without it.
func catalogue(b *testing.B, name string, count int) [][]byte {
	b.Helper()
	f, err := os.Open(filepath.Join(cmp.Or(os.Getenv("PINAX_SHARED"), "../../shared"), "data/catalog", name))
	if err != nil {
		b.Logf("a drawn picture instead of the catalogue's: %v", err)
		return [][]byte{readPicture(b, "shirt.png")}
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(b, err)
	var pictures [][]byte
	for t := tar.NewReader(z); len(pictures) < count; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(b, err)
		if h.Typeflag == tar.TypeReg {
			data, err := io.ReadAll(t)
			require.NoError(b, err)
			pictures = append(pictures, data)
		}
	}
	return pictures
}

// cpuTime is what the process has used of all cores. On a machine with other work it is steadier than the clock.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// spread shares b.N items among workers and reports items per second, by the clock and by the time of a core.
func spread(b *testing.B, workers, chunk int, work func(first int) error) {
	b.Helper()
	var next atomic.Int64
	before := cpuTime(b)
	b.ResetTimer()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for {
				first := int(next.Add(int64(chunk))) - chunk
				if first >= b.N {
					return
				}
				if err := work(first); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
	b.ReportMetric(float64(b.N)/(cpuTime(b)-before).Seconds(), "items/core-s")
}

// BenchmarkImages sets the full path from bytes to vector beside its two halves alone. The ideal of the full path is
// 1 / (1/preprocess + 1/session).
func BenchmarkImages(b *testing.B) {
	cores := runtime.GOMAXPROCS(0)
	for _, set := range []string{"fashion_80.tar.gz", "fashion_224.tar.gz"} {
		pictures := catalogue(b, set, 500)
		e := openBundled(b, Options{})
		b.Run(set+"/preprocess", func(b *testing.B) {
			spread(b, cores, 1, func(i int) error {
				t := e.vision.tensor()
				defer e.vision.recycle(t)
				_, err := e.preprocessor.Preprocess(pictures[i%len(pictures)], picture.DefaultLimits(), t.pixels)
				return err
			})
		})
		for _, n := range []int{1, 8, 16} {
			b.Run(fmt.Sprintf("%s/session/batch=%d", set, n), func(b *testing.B) {
				spread(b, cores, n, func(int) error {
					tensors := make([]*tensor, n)
					for i := range tensors {
						tensors[i] = e.vision.tensor()
					}
					_, err := e.vision.run(tensors)
					return err
				})
			})
		}
		for _, o := range []Options{{BatchImages: 1}, {BatchImages: 4}, {BatchImages: 8}, {BatchImages: 16}, {BatchImages: 32},
			{BatchImages: 16, MaxWait: 2 * time.Millisecond}, {BatchImages: 8, Threads: 1}, {BatchImages: 8, Threads: 2 * cores}} {
			e := openBundled(b, o)
			b.Run(fmt.Sprintf("%s/full/batch=%d/wait=%v/threads=%d", set, o.BatchImages, o.MaxWait, e.options.Threads), func(b *testing.B) {
				spread(b, callers, 1, func(i int) error {
					images, err := e.EncodeImages(b.Context(), [][]byte{pictures[i%len(pictures)]})
					return cmp.Or(err, images[0].Err)
				})
			})
		}
	}
}

func BenchmarkTexts(b *testing.B) {
	cores := runtime.GOMAXPROCS(0)
	var texts []string
	for i := range 500 {
		kinds := []string{"Men Navy Blue Checked Casual Shirt", "Women Red Dress", "Black Analogue Watch with Leather Strap for Men",
			"红色连衣裙", "Kids Boys T-shirt", "Pack of 3 White Cotton Ankle Socks, size 42, for running and tennis"}
		texts = append(texts, kinds[i%len(kinds)])
	}
	e := openBundled(b, Options{})
	b.Run("tokenize", func(b *testing.B) {
		spread(b, cores, 1, func(i int) error {
			_, err := e.tokenizer.Encode(texts[i%len(texts)])
			return err
		})
	})
	for _, n := range []int{1, 8, 32, 64} {
		b.Run(fmt.Sprintf("session/batch=%d", n), func(b *testing.B) {
			spread(b, cores, n, func(first int) error {
				batch := make([]tokens, n)
				for i := range batch {
					batch[i].ids, _ = e.tokenizer.Encode(texts[(first+i)%len(texts)])
				}
				_, err := e.text.run(batch)
				return err
			})
		})
	}
	for _, o := range []Options{{BatchTexts: 1}, {BatchTexts: 8}, {BatchTexts: 16}, {BatchTexts: 32}, {BatchTexts: 64},
		{BatchTexts: 32, MaxWait: time.Millisecond}} {
		e := openBundled(b, o)
		b.Run(fmt.Sprintf("full/batch=%d/wait=%v", o.BatchTexts, o.MaxWait), func(b *testing.B) {
			spread(b, callers, 1, func(i int) error {
				_, err := e.EncodeTexts(b.Context(), texts[i%len(texts):][:1])
				return err
			})
		})
		b.Run(fmt.Sprintf("full/batch=%d/wait=%v/texts=16", o.BatchTexts, o.MaxWait), func(b *testing.B) {
			spread(b, callers, 16, func(first int) error {
				_, err := e.EncodeTexts(b.Context(), texts[first%(len(texts)-16):][:16])
				return err
			})
		})
	}
}
