// Command encode writes the vectors of the catalogue as raw little-endian float32: those of all pictures, which a
// benchmark searches, and those of some titles of the test split, with which it asks.
//
//	encode -model models/pinax-mini -table fashion.csv -pictures fashion_80.tar.gz -queries 1000
//	       -images-to real.f32 -texts-to real-queries.f32
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/signal"
	"slices"

	"pinax/bench/catalog"
	"pinax/encoder"
)

// batch is how many products are encoded at once.
const batch = 256

func main() {
	model := flag.String("model", "models/pinax-mini", "model folder")
	table := flag.String("table", "", "CSV of products")
	pictures := flag.String("pictures", "", "tar.gz of their pictures")
	queries := flag.Int("queries", 1000, "titles, each another one")
	imagesTo := flag.String("images-to", "", "file for the vectors of the pictures")
	textsTo := flag.String("texts-to", "", "file for the vectors of the titles")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *model, *table, *pictures, *queries, *imagesTo, *textsTo)
	stop()
	if err != nil {
		slog.Error("encode", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, model, table, pictures string, queries int, imagesTo, textsTo string) (err error) {
	products, err := catalog.Load(table, pictures)
	if err != nil {
		return err
	}
	titles := testTitles(products, queries)
	if len(titles) < queries {
		return fmt.Errorf("the test split has %d titles, not %d", len(titles), queries)
	}
	enc, err := encoder.Open(os.DirFS(model), encoder.DefaultOptions())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, enc.Close()) }()

	var images [][]float32
	for part := range slices.Chunk(products, batch) {
		data := make([][]byte, len(part))
		for i, p := range part {
			data[i] = p.Picture
		}
		encoded, err := enc.EncodeImages(ctx, data)
		if err != nil {
			return err
		}
		for i, e := range encoded {
			if e.Err != nil {
				return fmt.Errorf("picture of %s: %w", part[i].ID, e.Err)
			}
			images = append(images, e.Vector)
		}
	}
	texts, err := enc.EncodeTexts(ctx, titles)
	if err != nil {
		return err
	}
	return errors.Join(write(imagesTo, images), write(textsTo, texts))
}

// testTitles returns the first titles of the test split in the order of the table, each once.
func testTitles(products []catalog.Product, most int) []string {
	var titles []string
	seen := map[string]bool{}
	for _, p := range products {
		if p.Attributes["split"] == "test" && !seen[p.Title] && len(titles) < most {
			seen[p.Title] = true
			titles = append(titles, p.Title)
		}
	}
	return titles
}

// write makes the file appear when it is complete.
func write(name string, vectors [][]float32) error {
	var out []byte
	for i, v := range vectors {
		if v == nil {
			return fmt.Errorf("%s: vector %d has no direction", name, i)
		}
		for _, x := range v {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
		}
	}
	if err := os.WriteFile(name+".part", out, 0o644); err != nil {
		return err
	}
	return os.Rename(name+".part", name)
}
