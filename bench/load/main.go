// Command load searches a collection with a list of texts from several clients at once and prints, as JSON, how long the
// answers took.
//
//	load -server http://127.0.0.1:7740 -collection shop -queries titles.txt -clients 16
//
// Every query is sent once.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"pinax/client"
)

type options struct {
	server, collection, queries string
	clients, limit, ef          int
	exact, hits                 bool
}

// report is what is printed. Times are milliseconds.
type report struct {
	Clients int         `json:"clients"`
	Queries int         `json:"queries"`
	Seconds float64     `json:"seconds"`
	QPS     float64     `json:"qps"`
	Latency percentiles `json:"latency_ms"` // as the client sees it
	Encode  percentiles `json:"encode_ms"`  // as the server says
	Search  percentiles `json:"search_ms"`
	Hits    [][]hit     `json:"hits,omitempty"` // a query, best first
}

type percentiles struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

type hit struct {
	ID    string  `json:"id"`
	Score float32 `json:"score"`
}

// answer is what became of one query.
type answer struct {
	latency time.Duration
	result  client.Result
}

func main() {
	var o options
	flag.StringVar(&o.server, "server", "http://127.0.0.1:7740", "address of the server")
	flag.StringVar(&o.collection, "collection", "", "collection to search")
	flag.StringVar(&o.queries, "queries", "", "file with one query a line")
	flag.IntVar(&o.clients, "clients", 1, "queries under way at once")
	flag.IntVar(&o.limit, "limit", 10, "hits a query")
	flag.IntVar(&o.ef, "ef", 0, "candidates of a walk, 0 for the collection's setting")
	flag.BoolVar(&o.exact, "exact", false, "scan every vector")
	flag.BoolVar(&o.hits, "hits", false, "print the hits too")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		slog.Error("load", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	queries, err := readLines(o.queries)
	if err != nil {
		return err
	}
	c, err := client.New(o.server)
	if err != nil {
		return err
	}
	c.Patience = 0 // a refusal is a result, not something to hide behind a second try
	start := time.Now()
	answers, err := searchAll(ctx, c, queries, o)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(summarise(answers, time.Since(start), o))
}

func readLines(name string) ([]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var lines []string
	s := bufio.NewScanner(f)
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	if len(lines) == 0 && s.Err() == nil {
		return nil, errors.New("no queries in " + name)
	}
	return lines, s.Err()
}

func searchAll(ctx context.Context, c *client.Client, queries []string, o options) ([]answer, error) {
	answers := make([]answer, len(queries))
	next := make(chan int)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(next)
		for i := range queries {
			select {
			case next <- i:
			case <-ctx.Done():
				return nil
			}
		}
		return nil
	})
	for range o.clients {
		g.Go(func() error {
			for i := range next {
				s := client.Search{Query: []client.Part{{Text: queries[i]}}, Target: "image", Limit: o.limit, Ef: o.ef, Exact: o.exact}
				start := time.Now()
				result, err := c.Search(ctx, o.collection, s)
				if err != nil {
					return fmt.Errorf("query %d, %q: %w", i, queries[i], err)
				}
				answers[i] = answer{time.Since(start), result}
			}
			return nil
		})
	}
	return answers, g.Wait()
}

func summarise(answers []answer, took time.Duration, o options) report {
	r := report{Clients: o.clients, Queries: len(answers), Seconds: took.Seconds(), QPS: float64(len(answers)) / took.Seconds()}
	var latency, encode, search []float64
	for _, a := range answers {
		latency = append(latency, float64(a.latency.Microseconds())/1000)
		encode = append(encode, a.result.Took.Encode)
		search = append(search, a.result.Took.Search)
		if o.hits {
			r.Hits = append(r.Hits, hitsOf(a.result))
		}
	}
	r.Latency, r.Encode, r.Search = percentilesOf(latency), percentilesOf(encode), percentilesOf(search)
	return r
}

func hitsOf(r client.Result) []hit {
	hits := make([]hit, len(r.Hits))
	for i, h := range r.Hits {
		hits[i] = hit{h.ID, h.Score}
	}
	return hits
}

// percentilesOf sorts values and takes the nearest rank.
func percentilesOf(values []float64) percentiles {
	slices.Sort(values)
	at := func(share float64) float64 { return values[max(0, int(math.Ceil(share*float64(len(values))))-1)] }
	return percentiles{P50: at(0.5), P90: at(0.9), P99: at(0.99), Max: at(1)}
}
