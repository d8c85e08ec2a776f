package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"pinax/client"
	"pinax/cmd/pinax/source"
)

type ingestCommand struct {
	Source     string            `arg:"" help:"A folder of pictures, a .csv or .tsv, or an .ndjson file." type:"path"`
	Collection string            `required:"" short:"c" help:"Collection to fill; it is made when it does not exist."`
	Server     string            `default:"http://127.0.0.1:7740" env:"PINAX_SERVER" help:"Address of the server."`
	Pictures   string            `help:"Folder, .tar or .tar.gz with a table's pictures; they are beside it otherwise." type:"path"`
	IDColumn   string            `help:"Column of the id." default:"id"`
	Image      string            `name:"image-column" help:"Column of the picture's file name; otherwise \"image\", or the id."`
	Texts      []string          `name:"text-columns" help:"Columns that are texts; otherwise those of the usual names."`
	Attributes []string          `name:"attribute-columns" help:"Columns kept as attributes, as in brand,price:number,in_stock:bool; otherwise all others."`
	Where      map[string]string `help:"Keep only rows whose column has this value." placeholder:"COLUMN=VALUE" mapsep:"none"`
	Report     string            `help:"File that gets a line of JSON for every row that was skipped or lacks its picture." type:"path"`
	Parallel   int               `default:"4" help:"Requests under way at once, each of up to 32 items."`
	Force      bool              `help:"Import even what does not fit into the server's memory by the estimate."`
	Quiet      bool              `short:"q" help:"No progress bar."`
}

// Run brings every row of the source into the collection. Running it again goes on where it was interrupted: the server
// knows what it has and neither encodes nor writes it again.
func (cmd *ingestCommand) Run(ctx context.Context) error {
	if cmd.Parallel < 1 {
		return errors.New("--parallel must be at least 1")
	}
	src, err := source.Open(cmd.Source, source.Options{
		ID: cmd.IDColumn, Picture: cmd.Image, Texts: cmd.Texts, Attributes: cmd.Attributes, Where: cmd.Where, Pictures: cmd.Pictures,
	})
	if err != nil {
		return err
	}
	c, err := connect(ctx, cmd.Server)
	if err != nil {
		return err
	}
	if err := ensureCollection(ctx, c, cmd.Collection); err != nil {
		return err
	}
	if err := cmd.estimate(ctx, c, src); err != nil {
		return err
	}
	progress := newProgress(src.Total, cmd.Quiet)
	report, err := openReport(cmd.Report, progress)
	if err != nil {
		return err
	}
	run := ingestion{client: c, collection: cmd.Collection, report: report, progress: progress}
	started := time.Now()
	err = run.all(ctx, src, cmd.Parallel)
	run.progress.end(err)
	err = errors.Join(err, report.close())
	run.summarise(os.Stdout, time.Since(started))
	if err != nil {
		return fmt.Errorf("interrupted: %w\n  run the same command again to go on", err)
	}
	return run.verdict()
}

// estimate says how much memory the import takes, and fails when that is more than there is.
func (cmd *ingestCommand) estimate(ctx context.Context, c *client.Client, src *source.Source) error {
	e, err := estimateImport(ctx, c, cmd.Collection, src.Total, src.Vectors)
	if err != nil {
		return err
	}
	if !cmd.Quiet {
		fmt.Fprintln(os.Stderr, e)
	}
	return e.check(os.Stderr, cmd.Force)
}

func ensureCollection(ctx context.Context, c *client.Client, name string) error {
	_, err := c.Collection(ctx, name)
	var e *client.Error
	if !errors.As(err, &e) || e.Code != "not_found" {
		return err
	}
	_, err = c.CreateCollection(ctx, client.NewCollection{Name: name})
	if errors.As(err, &e) && e.Code == "already_exists" {
		return nil // somebody else just made it
	}
	return err
}

// ingestion is one run of the command.
type ingestion struct {
	client     *client.Client
	collection string
	report     *report
	progress   *progress

	created, updated, unchanged, skipped, bare atomic.Int64 // bare: stored without their picture
}

// all sends the rows of src, several batches at once. It stops at the first failure that is not a row's own fault.
func (in *ingestion) all(ctx context.Context, src *source.Source, parallel int) error {
	g, ctx := errgroup.WithContext(ctx)
	batches := make(chan []source.Row)
	g.Go(func() error {
		defer close(batches)
		return in.gather(ctx, src, batches)
	})
	for range parallel {
		g.Go(func() error {
			for batch := range batches {
				if err := in.send(ctx, batch); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// Bounds of one batch. A batch of small pictures fills the encoder; one of large ones must stay under the server's limit
// on a request.
const (
	batchItems = 32
	batchBytes = 8 << 20
)

// gather reads the source and puts good rows together into batches.
func (in *ingestion) gather(ctx context.Context, src *source.Source, batches chan<- []source.Row) error {
	var batch []source.Row
	size := 0
	seen := map[string]string{} // id → place
	flush := func() error {
		full := batch
		batch, size = nil, 0
		if len(full) == 0 {
			return nil
		}
		select {
		case batches <- full:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for row := range src.Rows(ctx) {
		if row.Place == "" {
			return errors.Join(flush(), row.Err) // the source itself broke off
		}
		if first, twice := seen[row.ID]; twice && row.Err == nil {
			// Batches are under way side by side, so which of the two would stay is a matter of luck.
			row.Err = fmt.Errorf("has the id of %s", first)
		}
		if row.Err != nil {
			if err := in.skip(row, row.Err); err != nil {
				return err
			}
			continue
		}
		seen[row.ID] = row.Place
		if n := row.Size(); len(batch) == batchItems || size+n > batchBytes {
			if err := flush(); err != nil {
				return err
			}
		}
		batch, size = append(batch, row), size+row.Size()
	}
	return flush()
}

// send stores a batch. One that is refused as a whole is sent again row by row, to find the one at fault.
func (in *ingestion) send(ctx context.Context, batch []source.Row) error {
	ids, items := make([]string, len(batch)), make([]client.Item, len(batch))
	for i, row := range batch {
		ids[i] = row.ID
		items[i] = client.Item{Texts: row.Texts, Images: row.Images, Video: row.Video, Attributes: row.Attributes, Vectors: row.Vectors}
	}
	results, err := in.client.PutItems(ctx, in.collection, ids, items)
	var refused *client.Error
	if errors.As(err, &refused) && isRowsFault(refused) {
		if len(batch) == 1 {
			return in.skip(batch[0], refused)
		}
		for _, row := range batch {
			if err := in.send(ctx, []source.Row{row}); err != nil {
				return err
			}
		}
		return nil
	}
	if err != nil {
		return err
	}
	for i, r := range results {
		if err := in.count(batch[i], r); err != nil {
			return err
		}
	}
	return nil
}

// count takes note of the outcome of one row. A refusal that the next row would meet too ends the ingestion.
func (in *ingestion) count(row source.Row, r client.BatchResult) error {
	if r.Problem != nil {
		if !isRowsFault(r.Problem) {
			return r.Problem
		}
		return in.skip(row, r.Problem)
	}
	if row.Missing != nil {
		in.bare.Add(1)
		if err := in.report.add("stored without its picture", row, row.Missing); err != nil {
			return err
		}
	}
	switch r.Outcome {
	case "created":
		in.created.Add(1)
	case "updated":
		in.updated.Add(1)
	default:
		in.unchanged.Add(1)
	}
	in.progress.add()
	return nil
}

// isRowsFault tells a refusal of one row's content from a failure that the next row would meet too.
func isRowsFault(e *client.Error) bool {
	switch e.Code {
	case "invalid_argument", "dimension_mismatch", "too_large", "unsupported_media", "unprocessable":
		return true
	}
	return false
}

func (in *ingestion) skip(row source.Row, why error) error {
	in.progress.add()
	in.skipped.Add(1)
	return in.report.add("skipped", row, why)
}

func (in *ingestion) summarise(w io.Writer, took time.Duration) {
	created, updated, unchanged, skipped := in.created.Load(), in.updated.Load(), in.unchanged.Load(), in.skipped.Load()
	rate := float64(created+updated+unchanged+skipped) / took.Seconds()
	fmt.Fprintf(w, "%d created, %d updated, %d unchanged, %d skipped in %s (%.0f items/s)\n",
		created, updated, unchanged, skipped, took.Round(10*time.Millisecond), rate)
	if bare := in.bare.Load(); bare > 0 {
		fmt.Fprintf(w, "%d of them without their picture, which was not found\n", bare)
	}
}

// verdict is a failure when not one row was usable: most likely something is wrong with all of them.
func (in *ingestion) verdict() error {
	if skipped := in.skipped.Load(); skipped > 0 && in.created.Load()+in.updated.Load()+in.unchanged.Load() == 0 {
		return fmt.Errorf("nothing was stored: all %d rows were skipped, for the reasons above", skipped)
	}
	return nil
}

// report tells of the rows that were skipped or lack something: the first few on standard error, all of them in a file if one is named.
type report struct {
	mu       sync.Mutex
	file     *os.File  // nil: none
	progress *progress // says it
	shown    int
}

const shownAtMost = 20

func openReport(path string, p *progress) (*report, error) {
	if path == "" {
		return &report{progress: p}, nil
	}
	f, err := os.Create(path)
	return &report{file: f, progress: p}, err
}

func (r *report) add(what string, row source.Row, why error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shown++; r.shown <= shownAtMost {
		r.progress.say("%s: %s: %v", what, placeOf(row), why)
	} else if r.shown == shownAtMost+1 {
		r.progress.say("there are more; --report FILE lists them all")
	}
	if r.file == nil {
		return nil
	}
	return json.NewEncoder(r.file).Encode(map[string]string{"what": what, "place": row.Place, "id": row.ID, "reason": why.Error()})
}

// placeOf says where a row stands and, where that says more, what it is.
func placeOf(row source.Row) string {
	if row.ID == "" || row.ID == row.Place {
		return row.Place
	}
	return fmt.Sprintf("%s, id %q", row.Place, row.ID)
}

func (r *report) close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}
