package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"pinax/client"
	"pinax/cmd/pinax/source"
	"pinax/engine"
)

type evalCommand struct {
	settings
	Pairs      string            `arg:"" help:"A .csv, .tsv or .ndjson file of pictures with their texts." type:"path"`
	Text       string            `default:"title" help:"The text that belongs to the picture."`
	Pictures   string            `help:"Folder, .tar or .tar.gz with a table's pictures; they are beside it otherwise." type:"path"`
	IDColumn   string            `help:"Column of the id." default:"id"`
	Image      string            `name:"image-column" help:"Column of the picture's file name; otherwise \"image\", or the id."`
	Where      map[string]string `help:"Use only rows whose column has this value." placeholder:"COLUMN=VALUE" mapsep:"none"`
	Server     string            `help:"Encode on this server instead of in this process."`
	Collection string            `short:"c" help:"Search this collection of --server, which must hold exactly these pairs, instead of comparing every pair."`
	JSON       bool              `name:"json" help:"Print JSON."`
}

// evaluation is the outcome of the command.
type evaluation struct {
	TextToImage      engine.Retrieval `json:"text_to_image"`
	ImageToText      engine.Retrieval `json:"image_to_text"`
	Skipped          int              `json:"skipped"` // rows without a usable picture and text
	SamplesPerSecond float64          `json:"samples_per_second"`
}

// pair is a picture with its text.
type pair struct {
	id    string
	text  string
	image []byte
}

// Run measures Recall@1, 5 and 10 and the median rank in both directions.
func (cmd *evalCommand) Run(ctx context.Context) error {
	pairs, skipped, err := cmd.pairs(ctx)
	if err != nil {
		return err
	}
	if len(pairs) == 0 {
		return errors.New("there is no pair of a picture and a text to evaluate")
	}
	textRanks, imageRanks, took, err := cmd.ranks(ctx, pairs)
	if err != nil {
		return err
	}
	out := evaluation{
		TextToImage: engine.Summarise(textRanks), ImageToText: engine.Summarise(imageRanks), Skipped: skipped,
		SamplesPerSecond: float64(len(pairs)) / took.Seconds(),
	}
	if cmd.JSON {
		return json.NewEncoder(os.Stdout).Encode(out)
	}
	return out.print(os.Stdout)
}

func (cmd *evalCommand) pairs(ctx context.Context) (pairs []pair, skipped int, err error) {
	o := source.Options{ID: cmd.IDColumn, Picture: cmd.Image, Where: cmd.Where, Pictures: cmd.Pictures}
	if source.IsTable(cmd.Pairs) {
		o.Texts, o.Attributes = []string{cmd.Text}, []string{}
	}
	src, err := source.Open(cmd.Pairs, o)
	if err != nil {
		return nil, 0, err
	}
	for row := range src.Rows(ctx) {
		switch {
		case row.Place == "":
			return nil, 0, row.Err
		case row.Err != nil || len(row.Images) == 0 || row.Texts[cmd.Text] == "":
			skipped++
		default:
			pairs = append(pairs, pair{row.ID, row.Texts[cmd.Text], row.Images[0]})
		}
	}
	return pairs, skipped, nil
}

// ranks also returns how long encoding, or searching, took; comparing all pairs is not counted.
func (cmd *evalCommand) ranks(ctx context.Context, pairs []pair) (textRanks, imageRanks []int, took time.Duration, err error) {
	if cmd.Collection != "" {
		if cmd.Server == "" {
			return nil, nil, 0, errors.New("--collection needs --server")
		}
		c, err := connect(ctx, cmd.Server)
		if err != nil {
			return nil, nil, 0, err
		}
		if err := holdsExactly(ctx, c, cmd.Collection, pairs); err != nil {
			return nil, nil, 0, err
		}
		started := time.Now()
		textRanks, imageRanks, err = searchRanks(ctx, c, cmd.Collection, pairs)
		return textRanks, imageRanks, time.Since(started), err
	}
	enc, closeEncoder, err := openPairEncoder(ctx, cmd.settings, cmd.Server)
	if err != nil {
		return nil, nil, 0, err
	}
	started := time.Now()
	texts, images, err := encodePairs(ctx, enc, pairs)
	took = time.Since(started)
	if err = errors.Join(err, closeEncoder()); err != nil {
		return nil, nil, 0, err
	}
	return engine.Ranks(texts, images), engine.Ranks(images, texts), took, nil
}

// encodePairs encodes all texts and pictures: each [len(pairs)][dimension].
func encodePairs(ctx context.Context, enc pairEncoder, pairs []pair) (texts, images [][]float32, err error) {
	const batch, atOnce = 64, 4
	texts, images = make([][]float32, len(pairs)), make([][]float32, len(pairs))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	first := 0
	for chunk := range slices.Chunk(pairs, batch) {
		at := first
		first += len(chunk)
		g.Go(func() error {
			var words []string
			var pictures [][]byte
			for _, p := range chunk {
				words, pictures = append(words, p.text), append(pictures, p.image)
			}
			vectors, err := enc.EncodeTexts(ctx, words)
			if err != nil {
				return err
			}
			for i, v := range vectors {
				if v == nil {
					return fmt.Errorf("text of %s: %w", chunk[i].id, errNoDirection)
				}
				texts[at+i] = v
			}
			encoded, err := enc.EncodeImages(ctx, pictures)
			if err != nil {
				return err
			}
			for i, e := range encoded {
				if e.Err != nil {
					return fmt.Errorf("picture of %s: %w", chunk[i].id, e.Err)
				}
				images[at+i] = e.Vector
			}
			return nil
		})
	}
	return texts, images, g.Wait()
}

// holdsExactly refuses a collection whose recall would say nothing about the pairs.
func holdsExactly(ctx context.Context, c *client.Client, collection string, pairs []pair) error {
	found, err := c.Collection(ctx, collection)
	if err != nil {
		return err
	}
	if found.Items != len(pairs) {
		return fmt.Errorf("collection %s holds %d items and there are %d pairs; it must hold exactly these", collection, found.Items, len(pairs))
	}
	for _, p := range []pair{pairs[0], pairs[len(pairs)-1]} {
		if _, err := c.Item(ctx, collection, p.id, false); err != nil {
			return fmt.Errorf("collection %s: %w", collection, err)
		}
	}
	return nil
}

// searchDepth is how deep the hits of a search are looked through for the partner; a partner below it counts as not found.
const searchDepth = 100

// searchRanks asks the server's search for every text and every picture and looks where the partner stands.
func searchRanks(ctx context.Context, c *client.Client, collection string, pairs []pair) (textRanks, imageRanks []int, err error) {
	const atOnce = 16
	textRanks, imageRanks = make([]int, len(pairs)), make([]int, len(pairs))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, p := range pairs {
		g.Go(func() (err error) {
			textRanks[i], err = searchRank(ctx, c, collection, p.id, client.Part{Text: p.text}, "image")
			if err != nil {
				return err
			}
			imageRanks[i], err = searchRank(ctx, c, collection, p.id, client.Part{Image: p.image}, "text")
			return err
		})
	}
	return textRanks, imageRanks, g.Wait()
}

// searchRank is the rank of an item among the hits of one part, from 1; equal scores share the better rank. 0: not found.
func searchRank(ctx context.Context, c *client.Client, collection, id string, part client.Part, target string) (int, error) {
	result, err := c.Search(ctx, collection, client.Search{Query: []client.Part{part}, Target: target, Limit: searchDepth})
	if err != nil {
		return 0, err
	}
	rank := 0
	for i, h := range result.Hits {
		if i == 0 || h.Score < result.Hits[i-1].Score {
			rank = i + 1
		}
		if h.ID == id {
			return rank, nil
		}
	}
	return 0, nil
}

func (e evaluation) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "DIRECTION\tQUERIES\tR@1\tR@5\tR@10\tMEDIAN RANK")
	for _, row := range []struct {
		name string
		r    engine.Retrieval
	}{{"text → image", e.TextToImage}, {"image → text", e.ImageToText}} {
		median := fmt.Sprintf("%g", row.r.MedianRank)
		if row.r.MedianRank == 0 {
			median = fmt.Sprintf("over %d", searchDepth)
		}
		fmt.Fprintf(table, "%s\t%d\t%.3f\t%.3f\t%.3f\t%s\n", row.name, row.r.Queries, row.r.Recall1, row.r.Recall5, row.r.Recall10, median)
	}
	fmt.Fprintf(table, "\n%.0f samples/s, %d rows skipped\n", e.SamplesPerSecond, e.Skipped)
	return table.Flush()
}
