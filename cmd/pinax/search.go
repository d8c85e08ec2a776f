package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"

	"pinax/client"
)

type searchCommand struct {
	Words      string `arg:"" optional:"" help:"What to look for, in any language of the encoder."`
	Image      string `help:"A picture to look for, alone or with the words." type:"existingfile" placeholder:"FILE"`
	Collection string `required:"" short:"c" help:"Collection to search."`
	Server     string `default:"http://127.0.0.1:7740" env:"PINAX_SERVER" help:"Address of the server."`
	Target     string `default:"image" enum:"image,text,any" help:"What to match: image, text or any."`
	Limit      int    `short:"n" default:"10" help:"How many items."`
	HTML       string `name:"html" help:"Write a contact sheet of the hits to a file." type:"path" placeholder:"FILE"`
	JSON       bool   `name:"json" help:"Print the server's answer as JSON."`
}

// Run searches and prints a table, or JSON, and writes a contact sheet if asked.
func (cmd *searchCommand) Run(ctx context.Context) error {
	search := client.Search{Target: cmd.Target, Limit: cmd.Limit}
	if cmd.Words != "" {
		search.Query = append(search.Query, client.Part{Text: cmd.Words})
	}
	if cmd.Image != "" {
		data, err := os.ReadFile(cmd.Image)
		if err != nil {
			return err
		}
		search.Query = append(search.Query, client.Part{Image: data})
	}
	if len(search.Query) == 0 {
		return errors.New("give words, --image or both")
	}
	c, err := connect(ctx, cmd.Server)
	if err != nil {
		return err
	}
	result, err := c.Search(ctx, cmd.Collection, search)
	if err != nil {
		return err
	}
	if cmd.HTML != "" {
		if err := writeSheet(ctx, c, cmd.HTML, cmd.title(), result); err != nil {
			return err
		}
	}
	if cmd.JSON {
		return json.NewEncoder(os.Stdout).Encode(result)
	}
	return printHits(os.Stdout, result)
}

// title describes the query for the head of the contact sheet.
func (cmd *searchCommand) title() string {
	return strings.TrimPrefix(strings.TrimSuffix(cmd.Words+" + "+cmd.Image, " + "), " + ")
}

func printHits(w io.Writer, result client.Result) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SCORE\tID\tMATCHED\tTEXT")
	for _, h := range result.Hits {
		fmt.Fprintf(table, "%.3f\t%s\t%s\t%s\n", h.Score, h.ID, h.Matched.Modality, shorten(firstText(h.Item)))
	}
	fmt.Fprintf(table, "\n%d hits in %.1f ms (encode %.1f, search %.1f)\n", len(result.Hits), result.Took.Total, result.Took.Encode, result.Took.Search)
	return table.Flush()
}

// firstText is the text that names an item best: its title, or the first by field name.
func firstText(item client.StoredItem) string {
	if title, ok := item.Texts["title"]; ok {
		return title
	}
	for _, field := range slices.Sorted(maps.Keys(item.Texts)) {
		return item.Texts[field]
	}
	return ""
}

// shorten fits a text into one line of a table. Control characters are left out: a stored title must not steer the
// terminal.
func shorten(text string) string {
	const most = 80
	runes := []rune(strings.Join(strings.Fields(text), " "))
	runes = slices.DeleteFunc(runes, unicode.IsControl)
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most-1]) + "…"
}
