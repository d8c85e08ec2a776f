// Command pinax is the whole of Pinax in one binary: the server, the ingestion of product data, and tools to search, embed
// and evaluate from the shell.
//
//	pinax serve --data data
//	pinax ingest products.csv --pictures photos.tar.gz --collection shop
//	pinax search "red summer dress" --collection shop
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the linker.
var version = "dev"

type commands struct {
	Serve   serveCommand   `cmd:"" help:"Serve collections over HTTP."`
	Ingest  ingestCommand  `cmd:"" help:"Bring a folder of pictures, a CSV or an NDJSON file into a collection."`
	Search  searchCommand  `cmd:"" help:"Search a collection with words, a picture or both."`
	Embed   embedCommand   `cmd:"" help:"Print the vectors of texts and pictures as JSON."`
	Eval    evalCommand    `cmd:"" help:"Measure how well pictures and texts find each other."`
	Stats   statsCommand   `cmd:"" help:"Tell what collections hold, the memory that takes, and how much more would fit."`
	Models  modelsCommand  `cmd:"" help:"Install models from a hub, a folder or an archive, and look after them."`
	Fusion  fusionCommand  `cmd:"" help:"Look after an encoder that is made of several."`
	Version versionCommand `cmd:"" help:"Print versions."`
}

func main() {
	ctx := untilSignal()
	parser := kong.Must(&commands{}, kong.Name("pinax"), kong.Description("A vector search engine with the encoder built in."),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.BindTo(ctx, (*context.Context)(nil)))
	command, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	if err := command.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "pinax:", explain(err))
		os.Exit(1)
	}
}

// untilSignal returns a context that ends with the first signal, which asks for a graceful stop. The default handling is
// back by then, so that a second signal ends the process at once.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() { // for as long as the process lives
		<-signals
		signal.Stop(signals)
		cancel()
	}()
	return ctx
}
