package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"pinax/engine"
	"pinax/storage/backendtest"
)

// fillShop makes the collection "shop" with n items of one picture vector and walks of the graph however few they are.
func fillShop(t testing.TB, s *Store, n int) []engine.Write {
	t.Helper()
	require.NoError(t, s.CreateCollection(t.Context(), engine.Collection{
		Name: "shop", Encoder: engine.EncoderRef{Dimension: 8},
		Index: engine.IndexConfig{Kind: "hnsw", M: 8, EfConstruction: 32, ExactBelow: -1},
	}))
	return addToShop(t, s, "item", n)
}

func addToShop(t testing.TB, s *Store, prefix string, n int) []engine.Write {
	writes := addedTo(prefix, n)
	outcomes, err := s.Upsert(t.Context(), "shop", writes)
	require.NoError(t, err)
	for _, o := range outcomes {
		require.NoError(t, o.Err)
	}
	return writes
}

// addedTo returns what addToShop adds.
func addedTo(prefix string, n int) []engine.Write {
	r := rand.New(rand.NewPCG(uint64(n), uint64(crc32.ChecksumIEEE([]byte(prefix)))))
	writes := make([]engine.Write, n)
	for i := range writes {
		writes[i].Record.Item.ID = fmt.Sprintf("%s-%04d", prefix, i)
		writes[i].Record.Entries = backendtest.Entries(engine.ModalityImage, backendtest.Unit(r, 8))
	}
	return writes
}

// copyDatabase copies the file as a crash at this moment would leave it.
func copyDatabase(t testing.TB, s *Store) (dir string) {
	t.Helper()
	data, err := os.ReadFile(s.db.Path())
	require.NoError(t, err)
	dir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, databaseName), data, 0o600))
	return dir
}

// changeGraph edits the bucket of the picture graph behind the store's back.
func changeGraph(t testing.TB, dir string, change func(b *bolt.Bucket) error) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(dir, databaseName), 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		return change(tx.Bucket(bucketData).Bucket(number(1)).Bucket(graphBucket(engine.ModalityImage)))
	}))
	require.NoError(t, db.Close())
}

// TestCrashDuringCheckpoint opens a copy of the database after every transaction of a checkpoint. Before the last one the
// old graph is used, after it the new one.
func TestCrashDuringCheckpoint(t *testing.T) {
	s := openTest(t, t.TempDir())
	s.chunk = 32 << 10
	writes := fillShop(t, s, 2000)
	require.NoError(t, s.checkpointAll(t.Context()))
	writes = append(writes, addToShop(t, s, "later", 300)...)

	dirs := []string{copyDatabase(t, s)}
	s.writer.commitTx = func(tx *bolt.Tx) error {
		err := tx.Commit()
		dirs = append(dirs, copyDatabase(t, s))
		return err
	}
	require.NoError(t, s.checkpointAll(t.Context()))
	require.Greater(t, len(dirs), 4, "the graph should need several chunks")
	for i, dir := range dirs {
		want := OpenReport{Collections: 1, Items: 2300, Entries: 2300, Restored: 2000, Linked: 300}
		if i == len(dirs)-1 {
			want.Restored, want.Linked = 2300, 0
		}
		copied := openTest(t, dir)
		got := copied.OpenReport()
		got.Took, got.Bytes = 0, 0
		require.Equal(t, want, got, "after %d transactions", i)
		for _, w := range []engine.Write{writes[0], writes[2100], writes[2299]} {
			requireWhole(t, copied, w)
		}
		require.NoError(t, copied.checkpointAll(t.Context())) // clears what the interrupted one left
		requireOneGeneration(t, copied)
		require.NoError(t, copied.Close())
	}
}

// TestCrashDuringChanges adds to a graph and takes from it, several times, and opens a copy of the database after every
// transaction of each checkpoint, be it one of changes or, once those have outgrown the graph, a full one.
func TestCrashDuringChanges(t *testing.T) {
	const rounds, added, removed = 6, 60, 20
	s := openTest(t, t.TempDir())
	s.chunk, s.rewriteFrom = 4<<10, 1
	kept := fillShop(t, s, 200)
	require.NoError(t, s.checkpointAll(t.Context()))
	c, err := s.named("shop")
	require.NoError(t, err)
	sp := c.spaces[engine.ModalityImage]
	changes, rewrites := 0, 0
	for round := range rounds {
		kept = append(removeFromShop(t, s, kept, removed), addToShop(t, s, fmt.Sprint("round-", round), added)...)
		before := sp.written
		dirs := checkpointCopies(t, s)
		require.Greater(t, len(dirs), 2, "the checkpoint should need several transactions")
		if sp.written.generation == before.generation {
			changes++
		} else {
			rewrites++
		}
		for i, dir := range dirs {
			want := OpenReport{Collections: 1, Items: len(kept), Entries: len(kept), Restored: len(kept) - added, Linked: added}
			if i == len(dirs)-1 {
				want.Restored, want.Linked = len(kept), 0
			}
			requireOpens(t, dir, want, kept)
		}
	}
	require.GreaterOrEqual(t, changes, 2)
	require.GreaterOrEqual(t, rewrites, 1)
}

// TestFailedCheckpoint fails every transaction of a checkpoint of changes in turn. What was there before stays valid, and
// the next checkpoint is a full one, since the index has forgotten what the failed one was to write.
func TestFailedCheckpoint(t *testing.T) {
	s := openTest(t, t.TempDir())
	s.chunk = 4 << 10
	kept := fillShop(t, s, 200)
	require.NoError(t, s.checkpointAll(t.Context()))
	c, err := s.named("shop")
	require.NoError(t, err)
	sp := c.spaces[engine.ModalityImage]
	for failing, failed := 1, true; failed; failing++ {
		kept = append(removeFromShop(t, s, kept, 20), addToShop(t, s, fmt.Sprint("before-", failing), 60)...)
		before, transactions := sp.written, 0
		s.writer.commitTx = func(tx *bolt.Tx) error {
			if transactions++; transactions == failing {
				return errors.New("the disk is on fire")
			}
			return tx.Commit()
		}
		failed = s.checkpointAll(t.Context()) != nil
		s.writer.commitTx = (*bolt.Tx).Commit
		if !failed {
			require.Greater(t, failing, 3, "the checkpoint should need several transactions")
			require.Equal(t, before.generation, sp.written.generation, "a checkpoint of changes")
			break
		}
		report := OpenReport{Collections: 1, Items: len(kept), Entries: len(kept), Restored: len(kept) - 60, Linked: 60}
		requireOpens(t, copyDatabase(t, s), report, kept)
		require.NoError(t, s.checkpointAll(t.Context()))
		require.Greater(t, sp.written.generation, before.generation, "a full checkpoint")
		require.Equal(t, sp.written.base, sp.written.size)
		requireOneGeneration(t, s)
		report.Restored, report.Linked = len(kept), 0
		requireOpens(t, copyDatabase(t, s), report, kept)
	}
}

// removeFromShop deletes the first of some items and returns the others.
func removeFromShop(t testing.TB, s *Store, items []engine.Write, n int) []engine.Write {
	t.Helper()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = items[i].Record.Item.ID
	}
	deleted, err := s.Delete(t.Context(), "shop", ids)
	require.NoError(t, err)
	require.Equal(t, n, deleted)
	return items[n:]
}

// checkpointCopies writes the graphs and returns copies of the database from before and after every transaction.
func checkpointCopies(t testing.TB, s *Store) []string {
	t.Helper()
	var copies [][]byte
	read := func() error {
		data, err := os.ReadFile(s.db.Path())
		copies = append(copies, data)
		return err
	}
	require.NoError(t, read())
	s.writer.commitTx = func(tx *bolt.Tx) error { return errors.Join(tx.Commit(), read()) }
	require.NoError(t, s.checkpointAll(t.Context()))
	s.writer.commitTx = (*bolt.Tx).Commit
	dirs := make([]string, len(copies))
	for i, data := range copies {
		dirs[i] = t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dirs[i], databaseName), data, 0o600))
	}
	return dirs
}

// requireOpens opens a copy of a database, finds all items in it by their vectors, and leaves no chunks of a checkpoint
// that did not come to its end.
func requireOpens(t testing.TB, dir string, want OpenReport, items []engine.Write) {
	t.Helper()
	copied := openTest(t, dir)
	got := copied.OpenReport()
	got.Took, got.Bytes = 0, 0
	require.Equal(t, want, got)
	for i := 0; i < len(items); i += 7 {
		requireWhole(t, copied, items[i])
	}
	require.NoError(t, copied.checkpointAll(t.Context()))
	requireOneGeneration(t, copied)
	copied.closeWithoutCheckpoint(t)
}

// writtenGraph returns the header of the picture graph in the database.
func writtenGraph(t testing.TB, s *Store) (h graphHeader, written bool) {
	c, err := s.named("shop")
	require.NoError(t, err)
	require.NoError(t, s.viewData(c, func(b *buckets) (err error) {
		value := b.graphs[engine.ModalityImage].Get(keyGraphHeader)
		if written = value != nil; written {
			h, err = decodeGraphHeader(value)
		}
		return err
	}))
	return h, written
}

func requireOneGeneration(t testing.TB, s *Store) {
	h, written := writtenGraph(t, s)
	if !written {
		return
	}
	c, err := s.named("shop")
	require.NoError(t, err)
	require.NoError(t, s.viewData(c, func(b *buckets) error {
		graph := b.graphs[engine.ModalityImage]
		chunks := uint64(0)
		require.NoError(t, graph.ForEach(func(key, _ []byte) error {
			if !bytes.Equal(key, keyGraphHeader) {
				require.Equal(t, h.generation, numberOf(key[:8]))
				chunks++
			}
			return nil
		}))
		require.Equal(t, h.chunks, chunks)
		return nil
	}))
}

// TestDamagedGraph builds a graph anew that fails its checks in any way, and says so.
func TestDamagedGraph(t *testing.T) {
	s := openTest(t, t.TempDir())
	writes := fillShop(t, s, 300)
	require.NoError(t, s.checkpointAll(t.Context()))
	firstChunk := func(b *bolt.Bucket) (key, value []byte) {
		key, value = b.Cursor().First()
		return bytes.Clone(key), bytes.Clone(value)
	}
	damages := map[string]func(b *bolt.Bucket) error{
		"header cut off": func(b *bolt.Bucket) error { return b.Put(keyGraphHeader, []byte{graphVersion}) },
		"newer version": func(b *bolt.Bucket) error {
			value := bytes.Clone(b.Get(keyGraphHeader))
			return b.Put(keyGraphHeader, seal(graphVersion+1, value))
		},
		"header of garbage": func(b *bolt.Bucket) error {
			return b.Put(keyGraphHeader, seal(graphVersion, append(newSealed(0), "garbage"...)))
		},
		"no chunk": func(b *bolt.Bucket) error { key, _ := firstChunk(b); return b.Delete(key) },
		"short chunk": func(b *bolt.Bucket) error {
			key, value := firstChunk(b)
			return b.Put(key, value[:len(value)-1])
		},
		"one bit": func(b *bolt.Bucket) error {
			key, value := firstChunk(b)
			value[len(value)/2] ^= 1
			return b.Put(key, value)
		},
		"sound sum over garbage": func(b *bolt.Bucket) error {
			key, _ := firstChunk(b)
			w := newChunkWriter(100, 0)
			_, _ = w.Write([]byte("this is no graph"))
			h := graphHeader{generation: numberOf(key[:8]), size: w.size, chunks: 1, sum: w.sum}
			if err := b.Put(key, w.chunks[0]); err != nil {
				return err
			}
			return b.Put(keyGraphHeader, h.encode())
		},
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			dir := copyDatabase(t, s)
			changeGraph(t, dir, damage)
			var log bytes.Buffer
			o := testOptions()
			o.Logger = slog.New(slog.NewTextHandler(&log, nil))
			damaged, err := Open(t.Context(), dir, o)
			require.NoError(t, err)
			require.Contains(t, log.String(), "built anew")
			report := damaged.OpenReport()
			if name == "newer version" {
				require.Contains(t, log.String(), "of another version")
				report.Damaged, report.Outdated = report.Outdated, report.Damaged
			}
			require.Equal(t, 1, report.Damaged)
			require.Zero(t, report.Outdated)
			require.Equal(t, 300, damaged.OpenReport().Linked)
			for _, w := range writes {
				requireWhole(t, damaged, w)
			}
			require.NoError(t, damaged.Close()) // writes a sound one
			again := openTest(t, dir)
			require.Zero(t, again.OpenReport().Damaged)
			require.Equal(t, 300, again.OpenReport().Restored)
		})
	}
}

// TestCheckpointInTheBackground waits for the store to write its graphs by itself, for either reason.
func TestCheckpointInTheBackground(t *testing.T) {
	for name, set := range map[string]func(*Options){
		"by time":    func(o *Options) { o.CheckpointInterval = time.Millisecond },
		"by changes": func(o *Options) { o.CheckpointEntries = 100 },
	} {
		t.Run(name, func(t *testing.T) {
			o := testOptions()
			set(&o)
			s, err := Open(t.Context(), t.TempDir(), o)
			require.NoError(t, err)
			defer s.Close()
			fillShop(t, s, 150)
			require.Eventually(t, func() bool {
				h, written := writtenGraph(t, s)
				return written && h.covered == 150
			}, time.Minute, time.Millisecond)
		})
	}
}

// TestUnchangedVectorsKeepTheirKeys moves and keeps vectors in place: the index must not hear of it.
func TestUnchangedVectorsKeepTheirKeys(t *testing.T) {
	s := openTest(t, t.TempDir())
	fillShop(t, s, 1)
	r := rand.New(rand.NewPCG(1, 1))
	a, b, c := backendtest.Unit(r, 8), backendtest.Unit(r, 8), backendtest.Unit(r, 8)
	write := func(title string, vectors ...[]float32) []entryRef {
		w := engine.Write{Record: engine.Record{
			Item:    engine.Item{ID: "x", Texts: map[string]string{"title": title}},
			Entries: backendtest.Entries(engine.ModalityImage, vectors...),
		}}
		require.NoError(t, upsertOne(t, s, w))
		requireWhole(t, s, w)
		var h itemHeader
		col, err := s.named("shop")
		require.NoError(t, err)
		require.NoError(t, s.viewData(col, func(b *buckets) (err error) {
			h, _, err = decodeHeader(b.items.Get([]byte("x")))
			return err
		}))
		return h.entries
	}
	first := write("one", a, b)
	require.Equal(t, first, write("two", a, b))
	require.Equal(t, []entryRef{first[1], first[0]}, write("swapped", b, a))
	require.Equal(t, []entryRef{first[0]}, write("one less", a))
	more := write("more", c, a, b)
	require.Equal(t, first[0], more[1])
	require.Greater(t, more[2].key, first[1].key, "a key that was given up is never used again")
	col, err := s.named("shop")
	require.NoError(t, err)
	require.Equal(t, 4, col.spaces[engine.ModalityImage].index.Len())
}
