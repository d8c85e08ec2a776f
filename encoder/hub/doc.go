// Package hub reads models from a server that speaks the protocol of the Hugging Face hub: its public one, a mirror, or
// one of an organisation's own.
//
//	options, err := hub.FromEnvironment(os.Getenv)
//	client, err := hub.New(options)
//	snapshot, err := client.Snapshot(ctx, hub.Ref{Repo: "openai/clip-vit-base-patch32"})
//	sum, err := client.Fetch(ctx, snapshot, snapshot.Files[0], "config.json", func(bytes int64) {})
//
// A snapshot is a repository at one commit, with the size and the hash of every file. A fetched file has that hash, or
// there is none. What was fetched of a file when a connection or the process ended lies beside it as a .part file, and
// the next attempt goes on from there. What the server says is not trusted: neither paths nor sizes, nor where it
// redirects to, which never learns the token unless it is the endpoint itself.
package hub
