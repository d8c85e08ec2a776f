// Package catalog reads the products that the benchmarks work on: a CSV file, and a tar of pictures named by id.
//
//	products, err := catalog.Load("fashion.csv", "fashion_80.tar.gz")
package catalog

import (
	"archive/tar"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// Product is one row with its picture.
type Product struct {
	ID         string
	Title      string
	Attributes map[string]any // the other columns, as strings
	Picture    []byte         // as in the archive
}

// Load returns the products that have a picture, in the order of the table.
func Load(table, pictures string) ([]Product, error) {
	found, err := readPictures(pictures)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pictures, err)
	}
	products, err := readTable(table)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", table, err)
	}
	kept := products[:0]
	for _, p := range products {
		if p.Picture = found[p.ID]; p.Picture != nil {
			kept = append(kept, p)
		}
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("no product of %s has a picture in %s", table, pictures)
	}
	return kept, nil
}

func readPictures(name string) (map[string][]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	found := map[string][]byte{}
	for archive := tar.NewReader(z); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(archive)
		if err != nil {
			return nil, err
		}
		found[strings.TrimSuffix(path.Base(h.Name), path.Ext(h.Name))] = data
	}
}

func readTable(name string) ([]Product, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errors.New("no header")
	}
	products := make([]Product, len(rows)-1)
	for i, row := range rows[1:] {
		p := Product{Attributes: map[string]any{}}
		for column, value := range row {
			switch name := rows[0][column]; name {
			case "id":
				p.ID = value
			case "title":
				p.Title = value
			default:
				p.Attributes[name] = value
			}
		}
		products[i] = p
	}
	return products, nil
}
