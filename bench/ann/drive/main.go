//go:build linux

// Command drive drives Pinax's index, and coder/hnsw, for the benchmark of nearest-neighbour search. It reads requests from
// standard input and answers on standard output, a line of JSON each. bench/ann/driver.py sends them and peers.py answers
// the same ones for the libraries of others.
//
//	drive -base m.f32 -queries queries.f32 -dimension 256
//	{"request": "build", "config": "default", "stop": 100000, "threads": 1}
//	{"request": "search", "ef": 64}
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
)

func main() {
	base := flag.String("base", "", "vectors as raw float32; a row's number is its key")
	queries := flag.String("queries", "", "queries as raw float32")
	dimension := flag.Int("dimension", 0, "elements of a vector")
	configs := flag.Bool("configs", false, "list the configurations that can be built")
	flag.Parse()
	if *configs {
		for _, name := range configurations() {
			fmt.Println(name)
		}
		return
	}
	if err := run(*base, *queries, *dimension, os.Stdin, os.Stdout); err != nil {
		slog.Error("drive", "error", err)
		os.Exit(1)
	}
}

func run(base, queries string, dimension int, in io.Reader, out io.Writer) error {
	d := &driver{}
	var err error
	if d.base, err = mapVectors(base, dimension); err != nil {
		return err
	}
	if d.queries, err = mapVectors(queries, dimension); err != nil {
		return err
	}
	return d.serve(in, out)
}

// serve answers until the requests end. A request that fails is answered with its error.
func (d *driver) serve(in io.Reader, out io.Writer) error {
	handlers := map[string]func(request) (any, error){
		"add":        d.add,
		"build":      d.build,
		"checkpoint": d.checkpoint,
		"filters":    d.loadFilters,
		"latency":    d.latency,
		"memory":     d.tellMemory,
		"profile":    d.profile,
		"replace":    d.replace,
		"restore":    d.restore,
		"scan":       d.scan,
		"search":     d.search,
	}
	lines, answers := json.NewDecoder(bufio.NewReader(in)), json.NewEncoder(out)
	for {
		var r request
		err := lines.Decode(&r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var answer any
		if handle, ok := handlers[r.Request]; ok {
			answer, err = handle(r)
		} else {
			err = fmt.Errorf("no request %q", r.Request)
		}
		if err != nil {
			answer = map[string]string{"error": err.Error()}
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
}

// request is what can be asked for. A request reads the fields that it needs.
type request struct {
	Request string `json:"request"`

	// Rows of the file, from Start up to and without Stop. Their numbers are the keys.
	Start int `json:"start"`
	Stop  int `json:"stop"`

	// build, restore; zero is the configuration's own setting
	Config         string `json:"config"`
	Threads        int    `json:"threads"` // workers
	M              int    `json:"m"`
	EfConstruction int    `json:"ef_construction"`

	// add, replace
	Batch int `json:"batch"` // rows of a call
	With  int `json:"with"`  // replace: the row that takes the place of Start

	// search, scan, latency
	Ef      int    `json:"ef"`
	K       int    `json:"k"`
	Queries int    `json:"queries"` // the first so many; zero: all
	Exact   bool   `json:"exact"`
	Filter  string `json:"filter"` // "", "random" or "anchor"
	Low     int    `json:"low"`    // of the places that a filter accepts
	High    int    `json:"high"`   // the place behind them

	// latency
	Seconds float64 `json:"for_seconds"`
	Rate    float64 `json:"rate"` // searches a second; zero: each follows the one before
	Writers int     `json:"writers"`

	// checkpoint, restore, filters, profile
	Path    string `json:"path"`
	Changes bool   `json:"changes"` // checkpoint: only what has changed since the last
	Rows    int    `json:"rows"`
	Anchor  []int  `json:"anchor"` // filters: the order that belongs to each query
}
