package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"pinax/encoder/catalogue"
	"pinax/encoder/hub"
	"pinax/engine"
)

// Options are those of Pull and Import.
type Options struct {
	Wanted
	Name  string // of the model; "": made from where it comes from
	Check Check  // nil: anything goes
	// Chosen is told what will come once that is known, and how many bytes of it. nil: nobody is.
	Chosen func(c Choice, bytes int64)
	// Progress is told of bytes as they come, from several goroutines. nil: nobody is.
	Progress hub.Progress
}

func (o Options) withDefaults() Options {
	if o.Chosen == nil {
		o.Chosen = func(Choice, int64) {}
	}
	if o.Progress == nil {
		o.Progress = func(int64) {}
	}
	return o
}

// fetchesAtOnce hides the time to first byte of small files behind large ones.
const fetchesAtOnce = 4

// Pull installs a model of a hub, and returns the one that is there if that is so already. Interrupted, or refused by its
// check, what has come stays for the next Pull of the same model.
func (s *Store) Pull(ctx context.Context, client *hub.Client, ref hub.Ref, o Options) (Installed, error) {
	o = o.withDefaults()
	snapshot, err := client.Snapshot(ctx, ref)
	if err != nil {
		return Installed{}, err
	}
	choice, err := Choose(snapshot.Files, o.Wanted)
	if err != nil {
		return Installed{}, exportOf(ref, err)
	}
	name := o.Name
	if name == "" {
		name = folderName(snapshot, choice.Precision)
	}
	unlock, err := s.lock() // only now that there is something to write
	if err != nil {
		return Installed{}, err
	}
	defer unlock()
	if there, err := s.alreadyThere(name, snapshot, choice.Precision); err != nil || there.Name != "" {
		return there, err
	}
	if err := s.sweep(name); err != nil {
		return Installed{}, err
	}
	p := pull{stage: stage{s, filepath.Join(s.dir, pullPrefix+name), name}, client: client, snapshot: snapshot, options: o}
	m := Manifest{Precision: choice.Precision, Licence: snapshot.Licence, Languages: snapshot.Languages, Source: Source{
		Endpoint: client.Endpoint(), Repo: ref.Repo, Revision: ref.Revision, Commit: snapshot.Commit,
	}}
	if m.Files, err = p.fetch(ctx, choice); err != nil {
		return Installed{}, err
	}
	if err := p.dropOthers(m.Files); err != nil {
		return Installed{}, err
	}
	m.fillFromCatalogue(ref.Repo)
	one, err := p.finish(m, title(ref.Repo, choice.Precision), o.Check)
	return one, weightsMayHelp(snapshot.Files, o, err)
}

// title is what a model without a card of its own is called.
func title(repo string, p Precision) string {
	if p == F32 {
		return path.Base(repo)
	}
	return path.Base(repo) + "-" + string(p)
}

// weightsMayHelp tells of Wanted.Weights when a model that was refused has left some behind.
func weightsMayHelp(files []hub.File, o Options, err error) error {
	var e *engine.Error
	if o.Weights || !hasWeights(files) || !errors.As(err, &e) {
		return err
	}
	return e.WithHint("if its graphs lack the projection into the common space, --weights takes " + weightsFile + " along; " + e.Hint)
}

// alreadyThere returns the model of a name, if it is installed, and CodeExists if that is another one.
func (s *Store) alreadyThere(name string, snapshot hub.Snapshot, p Precision) (Installed, error) {
	if err := checkName(name); err != nil {
		return Installed{}, err
	}
	one, err := s.read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(one.Dir); err == nil {
			return Installed{}, taken(one.Dir)
		}
		return Installed{}, nil
	case err != nil:
		return Installed{}, err
	case one.Source.Repo != snapshot.Repo || one.Source.Commit != snapshot.Commit || one.Precision != p:
		return Installed{}, taken(one.Dir)
	}
	return one, nil
}

func taken(dir string) error {
	return engine.Errorf(engine.CodeExists, "%s is there already, with something else in it", dir).
		WithHint("give another --name, or remove it first")
}

// exportOf adds to a failure who has exported a model, where the catalogue knows.
func exportOf(ref hub.Ref, err error) error {
	var e *engine.Error
	all, loadErr := catalogue.Load()
	if loadErr != nil || !errors.As(err, &e) {
		return err
	}
	if m, ok := all.Find(ref.Repo); ok && m.Repo != "" && !strings.EqualFold(m.Repo, ref.Repo) {
		return e.WithHint("its ONNX files are in " + m.Repo + ": `pinax models pull " + m.Name + "`")
	}
	return err
}

func hasWeights(files []hub.File) bool {
	return slices.ContainsFunc(files, func(f hub.File) bool { return f.Path == weightsFile })
}

// fillFromCatalogue adds what a repository's card does not say.
func (m *Manifest) fillFromCatalogue(repo string) {
	all, err := catalogue.Load()
	if err != nil {
		return
	}
	known, ok := all.Find(repo)
	if !ok {
		return
	}
	if m.Licence == "" {
		m.Licence = known.Licence
	}
	if len(m.Languages) == 0 {
		m.Languages = known.Languages
	}
}

// pull is one pull under way.
type pull struct {
	stage
	client   *hub.Client
	snapshot hub.Snapshot
	options  Options
}

// fetch brings the chosen files to the stage, several at once.
func (p pull) fetch(ctx context.Context, c Choice) ([]File, error) {
	var missing, total int64
	for i, f := range c.Files {
		f, err := p.client.Complete(ctx, p.snapshot, f)
		if err != nil {
			return nil, err
		}
		name := p.place(f)
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			return nil, err
		}
		c.Files[i], total = f, total+f.Size
		missing += f.Size - min(f.Size, max(sizeOf(name), sizeOf(name+hub.PartSuffix)))
	}
	if err := p.store.room(missing); err != nil {
		return nil, err
	}
	p.options.Chosen(c, total)
	files := make([]File, len(c.Files))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(fetchesAtOnce)
	for i, f := range c.Files {
		g.Go(func() error {
			sum, err := p.client.Fetch(ctx, p.snapshot, f, p.place(f), p.options.Progress)
			files[i] = File{Path: f.Path, Size: f.Size, SHA256: sum}
			return err
		})
	}
	return files, g.Wait()
}

// dropOthers removes what an earlier pull of the same name, of another commit or precision, has left.
func (p pull) dropOthers(files []File) error {
	wanted := map[string]bool{}
	for _, f := range files {
		wanted[filepath.Join(p.dir, filepath.FromSlash(f.Path))] = true
	}
	return filepath.WalkDir(p.dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || wanted[name] {
			return err
		}
		return os.Remove(name)
	})
}

func (p pull) place(f hub.File) string { return filepath.Join(p.dir, filepath.FromSlash(f.Path)) }

// sizeOf returns the size of a file, 0 if there is none.
func sizeOf(name string) int64 {
	info, err := os.Lstat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}
