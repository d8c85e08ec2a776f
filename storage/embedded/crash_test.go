package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"pinax/engine"
	"pinax/storage/backendtest"
	"pinax/storage/embedded/internal/pagecheck"
)

// The environment of the child process of TestCrash.
const (
	envCrashDir    = "PINAX_CRASH_DIR"
	envCrashRound  = "PINAX_CRASH_ROUND"
	envCrashRounds = "PINAX_CRASH_ROUNDS" // how often TestCrash kills it
)

const (
	crashWorkers   = 8
	crashItems     = 12 // ids a worker
	crashDimension = 16
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(envCrashDir); dir != "" {
		if err := crashIngest(dir, os.Getenv(envCrashRound)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestCrash kills a process that ingests, at random moments, and looks at what it left: every acknowledged item must be
// whole, an unacknowledged one must be whole or be as it was before, and nothing else may be there.
func TestCrash(t *testing.T) {
	rounds := 6
	if n, err := strconv.Atoi(os.Getenv(envCrashRounds)); err == nil {
		rounds = n
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	model := make(crashModel)
	for round := range rounds {
		acknowledged := model.ingestAndKill(t, dir, round, time.Duration(r.IntN(400))*time.Millisecond)
		start := time.Now()
		s := openInline(t, dir, crashInline)
		opened := time.Since(start)
		items := model.check(t, s)
		t.Logf("round %d: %d calls acknowledged, %d items, opened in %v (%d entries, %d linked anew)", round, acknowledged,
			items, opened.Round(time.Millisecond), s.OpenReport().Entries, s.OpenReport().Linked)
		if round%2 == 0 { // leave the graphs as the crash left them every other time
			require.NoError(t, s.Close())
			continue
		}
		s.closeWithoutCheckpoint(t)
	}
}

// closeWithoutCheckpoint releases the folder and writes nothing.
func (s *Store) closeWithoutCheckpoint(t testing.TB) {
	for _, c := range s.all() {
		for _, sp := range c.spaces {
			sp.changes.Store(0)
		}
	}
	require.NoError(t, s.Close())
}

// crashVersion says which version of an item there is. Zero: none. Its contents follow from id and version.
type crashVersion uint64

func (v crashVersion) deleted() bool { return v == 0 || v%7 == 0 }

// crashWrite is the version of an item that a worker writes. Some versions keep vectors of the one before.
func crashWrite(id string, v crashVersion) engine.Write {
	var seed uint64
	for _, b := range []byte(id) {
		seed = seed*131 + uint64(b)
	}
	r := rand.New(rand.NewPCG(seed, uint64(v)))
	same := rand.New(rand.NewPCG(seed, 1<<63|uint64(v)/50)) // shared by neighbouring versions
	record := engine.Record{Item: engine.Item{
		ID: id, Texts: map[string]string{"title": fmt.Sprint("标题 ", v), "text": strings.Repeat("x", r.IntN(3000))},
	}}
	var blobs []engine.Blob
	for range 1 + r.IntN(2) {
		blob, image := backendtest.Picture(r, 500+r.IntN(3000))
		if r.IntN(3) == 0 {
			blob, image = backendtest.Picture(rand.New(rand.NewPCG(uint64(r.IntN(5)), 3)), 400) // shared by many items
		}
		record.Item.Images = append(record.Item.Images, image)
		blobs = append(blobs, blob)
	}
	images := backendtest.Entries(engine.ModalityImage, backendtest.Unit(r, crashDimension), backendtest.Unit(same, crashDimension))
	texts := backendtest.Entries(engine.ModalityText, backendtest.Unit(same, crashDimension))
	record.Entries = slices.Concat(images[r.IntN(2):], texts)
	for i := range record.Entries {
		if record.Entries[i].Modality == engine.ModalityImage {
			record.Entries[i].Ordinal = i
		}
	}
	return engine.Write{Record: record, Blobs: blobs}
}

// crashInline makes some of the pictures files and leaves some in the database.
const crashInline = 1500

// crashIngest is the child: it writes until it is killed. Before each call it says what it is about to do, and after it
// that it was acknowledged.
func crashIngest(dir, round string) error {
	o := testOptions()
	o.InlinePictures = crashInline
	o.CheckpointInterval = 20 * time.Millisecond
	s, err := Open(context.Background(), dir, o)
	if err != nil {
		return err
	}
	err = s.CreateCollection(context.Background(), engine.Collection{
		Name: "shop", Encoder: engine.EncoderRef{Dimension: crashDimension},
		Index: engine.IndexConfig{Kind: "hnsw", M: 4, EfConstruction: 16, ExactBelow: -1},
	})
	if err != nil && engine.CodeOf(err) != engine.CodeExists {
		return err
	}
	n, err := strconv.Atoi(round)
	if err != nil {
		return err
	}
	errs := make(chan error)
	for w := range crashWorkers {
		go func() {
			for call := 1; ; call++ {
				if err := crashCall(s, w, crashVersion(n*1_000_000+call)); err != nil {
					errs <- err
				}
			}
		}()
	}
	return <-errs
}

// crashCall writes or deletes one to three of a worker's items.
func crashCall(s *Store, worker int, v crashVersion) error {
	r := rand.New(rand.NewPCG(uint64(v), uint64(worker)))
	var ids []string
	for _, i := range r.Perm(crashItems)[:1+r.IntN(3)] {
		ids = append(ids, fmt.Sprintf("item-%d-%d", worker, i))
	}
	fmt.Printf("try %d %s\n", v, strings.Join(ids, ","))
	if v.deleted() {
		if _, err := s.Delete(context.Background(), "shop", ids); err != nil {
			return err
		}
	} else {
		var writes []engine.Write
		for _, id := range ids {
			writes = append(writes, crashWrite(id, v))
		}
		outcomes, err := s.Upsert(context.Background(), "shop", writes)
		for _, o := range outcomes {
			err = errors.Join(err, o.Err)
		}
		if err != nil {
			return err
		}
	}
	fmt.Printf("ack %d %s\n", v, strings.Join(ids, ","))
	return nil
}

// crashModel is what the parent knows of each item.
type crashModel map[string]*crashItem

type crashItem struct {
	acknowledged crashVersion
	tried        crashVersion // newer than acknowledged while a call is under way
}

// ingestAndKill runs the child until some time after its first acknowledgement, and returns how many there were.
func (m crashModel) ingestAndKill(t *testing.T, dir string, round int, after time.Duration) (acknowledged int) {
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), envCrashDir+"="+dir, envCrashRound+"="+strconv.Itoa(round))
	var complaints strings.Builder
	child.Stderr = &complaints
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	var kill sync.WaitGroup
	defer kill.Wait()
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil { // the last line may be cut off: then the call was not acknowledged
			require.ErrorIs(t, err, io.EOF)
			break
		}
		if m.note(t, strings.Fields(line)) {
			if acknowledged++; acknowledged == 1 {
				kill.Go(func() {
					time.Sleep(after)
					_ = child.Process.Kill()
				})
			}
		}
	}
	_ = child.Wait()
	require.Equal(t, -1, child.ProcessState.ExitCode(), "the child ended by itself: %s", complaints.String())
	return acknowledged
}

// note takes one line of the child and tells whether it is an acknowledgement.
func (m crashModel) note(t *testing.T, words []string) (ack bool) {
	require.Len(t, words, 3)
	n, err := strconv.ParseUint(words[1], 10, 64)
	require.NoError(t, err)
	ack = words[0] == "ack"
	for _, id := range strings.Split(words[2], ",") {
		if m[id] == nil {
			m[id] = new(crashItem)
		}
		m[id].tried = crashVersion(n)
		if ack {
			m[id].acknowledged = crashVersion(n)
		}
	}
	return ack
}

// check compares a store with the model, takes over what was stored without an acknowledgement, and returns how many
// items there are.
func (m crashModel) check(t *testing.T, s *Store) (items int) {
	pictures := make(map[string]int)
	for id, item := range m {
		record, err := s.Get(t.Context(), "shop", id)
		if err != nil {
			requireCode(t, engine.CodeNotFound, err)
		}
		v := item.acknowledged
		if item.tried != v && !item.tried.deleted() == (err == nil) && (v.deleted() != item.tried.deleted() ||
			err == nil && record.Item.Texts["title"] == fmt.Sprint("标题 ", item.tried)) {
			v = item.tried
		}
		require.Equal(t, v.deleted(), err != nil, "item %s: acknowledged %d, tried %d", id, item.acknowledged, item.tried)
		item.acknowledged, item.tried = v, v
		if v.deleted() {
			continue
		}
		items++
		w := crashWrite(id, v)
		require.Equal(t, w.Record.Item.Texts, record.Item.Texts)
		require.Equal(t, w.Record.Item.Images, record.Item.Images)
		requireWhole(t, s, w)
		for _, image := range w.Record.Item.Images {
			pictures[image.SHA256]++
		}
	}
	stats, err := s.Stats(t.Context(), "shop")
	require.NoError(t, err)
	require.Equal(t, items, stats.Items)
	listed, err := s.List(t.Context(), "shop", "", 1_000_000)
	require.NoError(t, err)
	require.Len(t, listed, items)
	m.checkEntries(t, s)
	m.checkPictures(t, s, pictures)
	require.NoError(t, checkPages(t.Context(), s.db.Path(), pagecheck.Check))
	return items
}

// checkEntries compares the entries in the database and in the indexes with those that the items have.
func (m crashModel) checkEntries(t *testing.T, s *Store) {
	want := make(map[engine.Modality]int)
	for id, item := range m {
		if !item.acknowledged.deleted() {
			for _, e := range crashWrite(id, item.acknowledged).Record.Entries {
				want[e.Modality]++
			}
		}
	}
	c, err := s.named("shop")
	require.NoError(t, err)
	require.NoError(t, s.viewData(c, func(b *buckets) error {
		for _, modality := range engine.Modalities {
			n := 0
			require.NoError(t, b.entries[modality].ForEach(func(_, _ []byte) error { n++; return nil }))
			require.Equal(t, want[modality], n)
			require.Equal(t, want[modality], c.spaces[modality].index.Len())
		}
		return nil
	}))
}

// checkPictures compares the counts in the database, and the files, with the pictures that the items name.
func (m crashModel) checkPictures(t *testing.T, s *Store, want map[string]int) {
	got := make(map[string]int)
	require.NoError(t, s.view(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketPictures).ForEach(func(key, _ []byte) error {
			p, err := readPicture(tx, digest(key))
			got[digest(key).String()] = int(p.references)
			return err
		})
	}))
	require.Equal(t, want, got)
	// What writes left that were under way when they were killed stays, but whole, and nothing that was acknowledged to be
	// removed.
	for name := range sweptFiles(t, s) {
		d, ok := parseDigest(name)
		require.True(t, ok, "a half-written file was not removed: %s", name)
		is, err := s.standing(d)
		require.NoError(t, err)
		require.Equal(t, unknown, is)
		f, err := s.options.Files.Open(s.pictures.path(d))
		require.NoError(t, err)
		require.NoError(t, errors.Join(verify(f, d), f.Close()))
	}
}
