// Command crash kills a server while it takes items in, again and again, and looks afterwards whether everything that it
// had acknowledged is still there and whole.
//
//	crash -binary bin/pinax -data DIR -table fashion.csv -pictures fashion_80.tar.gz -kills 50
//
// It prints what it saw as JSON, and ends with status 1 when anything was lost, half there or not found by search.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log/slog"
	"math/rand/v2"
	"os"
	"time"

	"pinax/bench/catalog"
)

type options struct {
	binary, data, table, pictures string
	kills, writers                int
	longest                       time.Duration
	seed                          uint64
}

// report is what is printed.
type report struct {
	Seed         uint64  `json:"seed"`
	Kills        int     `json:"kills"`          // while items were coming in
	KillsAtStart int     `json:"kills_at_start"` // while the server was recovering from such a kill
	Acknowledged int     `json:"acknowledged"`
	Unanswered   int     `json:"unanswered"`    // writes under way when the server died
	Surprises    int     `json:"stored_unsaid"` // of those, stored all the same, and whole
	Checks       int     `json:"checks"`        // items read back, with picture and search
	GraphMisses  int     `json:"graph_misses"`  // found by an exact search and not by a walk of the graph
	Starts       []start `json:"starts"`
	// Problems are items lost, half there or not to be found. There must be none.
	Problems []string `json:"problems"`
}

// start is one recovery.
type start struct {
	Items int     `json:"items"` // in the collection
	Ready float64 `json:"ready"` // milliseconds from the start of the process to the first ready answer
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/pinax", "the server")
	flag.StringVar(&o.data, "data", "", "its data folder, empty or missing")
	flag.StringVar(&o.table, "table", "", "CSV of products")
	flag.StringVar(&o.pictures, "pictures", "", "tar.gz of their pictures")
	flag.IntVar(&o.kills, "kills", 50, "how often to kill the server")
	flag.IntVar(&o.writers, "writers", 8, "writes under way at once")
	flag.DurationVar(&o.longest, "longest", 2*time.Second, "the server lives at most so long while it takes items in")
	flag.Uint64Var(&o.seed, "seed", rand.Uint64(), "of the moments of death")
	flag.Parse()

	r, err := run(context.Background(), o)
	if err != nil {
		slog.Error("crash", "error", err, "seed", o.seed)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil || len(r.Problems) > 0 {
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (report, error) {
	products, err := catalog.Load(o.table, o.pictures)
	if err != nil {
		return report{}, err
	}
	t := &trial{
		options: o, products: products, ledger: newLedger(),
		random: rand.New(rand.NewPCG(o.seed, 0)),
		report: report{Seed: o.seed, Problems: []string{}},
	}
	if err := t.prepare(ctx); err != nil {
		return report{}, err
	}
	for range o.kills {
		if err := t.round(ctx); err != nil {
			return report{}, err
		}
		slog.Info("killed", "kills", t.report.Kills, "acknowledged", t.report.Acknowledged, "problems", len(t.report.Problems))
	}
	return t.report, t.conclude(ctx)
}
