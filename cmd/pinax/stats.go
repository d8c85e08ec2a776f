package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"pinax/client"
	"pinax/engine"
)

type statsCommand struct {
	Collection string `short:"c" help:"Only this collection."`
	Server     string `default:"http://127.0.0.1:7740" env:"PINAX_SERVER" help:"Address of the server."`
	JSON       bool   `name:"json" help:"Print JSON."`
}

// Run prints what collections hold and how much memory there is.
func (cmd *statsCommand) Run(ctx context.Context) error {
	c, err := connect(ctx, cmd.Server)
	if err != nil {
		return err
	}
	report, err := readStats(ctx, c, cmd.Collection)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return json.NewEncoder(os.Stdout).Encode(report)
	}
	return report.print(os.Stdout)
}

// statsReport is what the command prints as JSON.
type statsReport struct {
	Total       client.Stats       `json:"total"`
	Collections []collectionReport `json:"collections"`
}

type collectionReport struct {
	client.Collection
	// VectorsThatFit is how many more there is memory for; nil when the server does not know how much there is.
	VectorsThatFit *int `json:"vectors_that_fit"`
}

// readStats asks for one collection, or for all of them when name is "".
func readStats(ctx context.Context, c *client.Client, name string) (statsReport, error) {
	stats, err := c.Stats(ctx)
	if err != nil {
		return statsReport{}, err
	}
	var collections []client.Collection
	if name != "" {
		one, err := c.Collection(ctx, name)
		if err != nil {
			return statsReport{}, err
		}
		collections = []client.Collection{one}
	} else if collections, err = allCollections(ctx, c); err != nil {
		return statsReport{}, err
	}
	report := statsReport{Total: stats, Collections: make([]collectionReport, len(collections))}
	for i, collection := range collections {
		report.Collections[i].Collection = collection
		if m := stats.Memory; m != nil {
			n := engine.VectorsThatFit(indexConfigOf(collection), collection.Encoder.Dimension, m.AvailableBytes)
			report.Collections[i].VectorsThatFit = &n
		}
	}
	return report, nil
}

func allCollections(ctx context.Context, c *client.Client) (all []client.Collection, err error) {
	for token := ""; ; {
		page, next, err := c.Collections(ctx, token, 1000)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if next == "" {
			return all, nil
		}
		token = next
	}
}

// indexConfigOf returns the settings that memory depends on.
func indexConfigOf(c client.Collection) engine.IndexConfig {
	return engine.IndexConfig{Kind: c.Index.Kind, M: c.Index.M, Quantizer: c.Index.Quantizer, Memory: c.Index.Memory}
}

func (r statsReport) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "COLLECTION\tITEMS\tPICTURES\tTEXTS\tFREE\tQUANTIZER\tMEMORY\tBYTES/VECTOR\tINDEX\tMORE VECTORS\t")
	for _, c := range r.Collections {
		image, text := c.Entries.Image, c.Entries.Text
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t\n", shorten(c.Name), c.Items, image.Vectors, text.Vectors,
			image.FreeSlots+text.FreeSlots, image.Quantizer, image.Memory, bytesPerVector(c.Collection),
			inUnits(image.MemoryBytes+text.MemoryBytes), c.room())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d collections, %d items, %d vectors; their indexes take %s\n",
		r.Total.Collections, r.Total.Items, r.Total.Vectors, inUnits(r.Total.IndexBytes))
	if m := r.Total.Memory; m != nil {
		fmt.Fprintf(w, "the process takes %s, of which %s are pages of files\n", inUnits(m.ResidentBytes), inUnits(m.FileBytes))
		fmt.Fprintf(w, "%s of memory by the %s, %s of them available\n", inUnits(m.LimitBytes), m.LimitedBy, inUnits(m.AvailableBytes))
	}
	return nil
}

// bytesPerVector is what a vector takes as measured or, where there are none, as it will. Few take more each than many.
func bytesPerVector(c client.Collection) string {
	n := c.Entries.Image.Vectors + c.Entries.Text.Vectors
	if n == 0 {
		return fmt.Sprintf("about %.0f", c.BytesPerVector)
	}
	return fmt.Sprintf("%.0f", float64(c.Entries.Image.MemoryBytes+c.Entries.Text.MemoryBytes)/float64(n))
}

func (c collectionReport) room() string {
	if c.VectorsThatFit == nil {
		return "unknown"
	}
	return fmt.Sprint(*c.VectorsThatFit)
}

// inUnits writes a number of bytes with three digits and a unit, as in "1.23 GiB".
func inUnits(bytes int64) string {
	value, units := float64(bytes), []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	for value >= 999.5 && len(units) > 1 {
		value, units = value/1024, units[1:]
	}
	digits := 0
	switch {
	case units[0] == "B":
	case value < 9.995:
		digits = 2
	case value < 99.95:
		digits = 1
	}
	return fmt.Sprintf("%.*f %s", digits, value, units[0])
}

// watchMemoryEvery is how often the server looks at how much memory the indexes take.
const watchMemoryEvery = 10 * time.Second
