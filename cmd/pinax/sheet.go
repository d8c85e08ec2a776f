package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"html/template"
	"os"

	"pinax/client"
)

// sheet is a contact sheet: one file that shows hits anywhere, without the server.
var sheet = template.Must(template.New("sheet").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{.Title}}</title>
<style>
body { font: 14px/1.4 system-ui, sans-serif; margin: 2rem; color: #222; background: #f4f3f0 }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 1rem }
figure { margin: 0; background: #fff; padding: .75rem; border-radius: 8px }
img { display: block; width: 100%; height: 200px; object-fit: contain }
figcaption { overflow-wrap: anywhere; margin-top: .5rem }
small { color: #666 }
</style>
<h1>{{.Title}}</h1>
<main>{{range .Cells}}
<figure>{{if .Picture}}<img src="{{.Picture}}" alt="">{{end}}<figcaption>{{.Text}}<br><small>{{.Score}} · {{.ID}}</small></figcaption></figure>{{end}}
</main></html>
`))

type sheetCell struct {
	Picture         template.URL
	Text, Score, ID string
}

// writeSheet fetches the hits' thumbnails and writes them into one HTML file.
func writeSheet(ctx context.Context, c *client.Client, path, title string, result client.Result) error {
	cells := make([]sheetCell, len(result.Hits))
	for i, h := range result.Hits {
		cells[i] = sheetCell{Text: firstText(h.Item), Score: fmt.Sprintf("%.3f", h.Score), ID: h.ID}
		if len(h.Item.Images) == 0 {
			continue
		}
		n := 0
		if h.Matched.Modality == "image" && h.Matched.Entry < len(h.Item.Images) {
			n = h.Matched.Entry
		}
		thumb, err := c.Image(ctx, h.Item.Images[n], true)
		if err != nil {
			return fmt.Errorf("picture of %s: %w", h.ID, err)
		}
		// The server stores pictures only, so the data URI holds one whatever its exact type; browsers sniff it.
		cells[i].Picture = template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(thumb)) //nolint:gosec // base64 of a picture
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := sheet.Execute(f, struct {
		Title string
		Cells []sheetCell
	}{title, cells}); err != nil {
		return err
	}
	return f.Close()
}
