package encoder

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image/jpeg"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/encoder/batch"
	"pinax/encoder/onnx"
	"pinax/encoder/picture"
	"pinax/engine"
)

// bundledFiles returns the bundled model as files that a test may change.
func bundledFiles(tb testing.TB) fstest.MapFS {
	files := sealedFiles(tb)
	card, _, ok := strings.Cut(string(files[cardFile].Data), "checksums:")
	require.True(tb, ok)
	files[cardFile].Data = []byte(card) // so that a test may change a file and see what comes next
	return files
}

// sealedFiles are the files of the bundled model with the checksums in its card.
func sealedFiles(tb testing.TB) fstest.MapFS {
	tb.Helper()
	files := fstest.MapFS{}
	model := os.DirFS(bundledModel)
	require.NoError(tb, fs.WalkDir(model, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(model, name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	}))
	return files
}

func readPicture(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata/pictures", name))
	require.NoError(tb, err)
	return data
}

func requireCode(tb testing.TB, code engine.Code, err error) {
	tb.Helper()
	require.Equal(tb, code, asError(tb, err).Code, "%v", err)
}

// asError returns the engine's error in err's chain.
func asError(tb testing.TB, err error) *engine.Error {
	tb.Helper()
	var e *engine.Error
	require.ErrorAs(tb, err, &e)
	return e
}

func TestOpenDamagedFolder(t *testing.T) {
	openBundled(t, Options{}) // skips without a library
	replace := func(name, data string) func(fstest.MapFS) {
		return func(f fstest.MapFS) { f[name] = &fstest.MapFile{Data: []byte(data)} }
	}
	edit := func(name, from, to string) func(fstest.MapFS) {
		return func(f fstest.MapFS) {
			data := strings.Replace(string(f[name].Data), from, to, 1)
			if data == string(f[name].Data) {
				panic(from + " is not in " + name)
			}
			f[name] = &fstest.MapFile{Data: []byte(data)}
		}
	}
	const vision, text = "onnx/vision_model.onnx", "onnx/text_model.onnx"
	cases := []struct {
		name   string
		damage func(f fstest.MapFS)
		says   string
	}{
		{"empty folder", func(f fstest.MapFS) { clear(f) }, configFile},
		{"no config", func(f fstest.MapFS) { delete(f, configFile) }, configFile},
		{"no preprocessor", func(f fstest.MapFS) { delete(f, preprocessorFile) }, preprocessorFile},
		{"no tokenizer", func(f fstest.MapFS) { delete(f, tokenizerFile) }, tokenizerFile},
		{"no vision tower", func(f fstest.MapFS) { delete(f, vision) }, vision},
		{"no text tower", func(f fstest.MapFS) { delete(f, text) }, text},
		{"two vision towers", func(f fstest.MapFS) {
			f["onnx/vision_model_a.onnx"], f["onnx/vision_model_b.onnx"] = f[vision], f[vision]
			delete(f, vision)
		}, "not clear"},
		{"config is not JSON", replace(configFile, "{"), configFile},
		{"preprocessor is not JSON", replace(preprocessorFile, "x"), preprocessorFile},
		{"tokenizer is not JSON", replace(tokenizerFile, ""), tokenizerFile},
		{"another tokenizer", replace(tokenizerFile, `{"model":{"type":"Abacus"}}`), "Abacus"},
		{"card is not YAML", replace(cardFile, "name: [\n"), cardFile},
		{"vision tower truncated", func(f fstest.MapFS) { f[vision].Data = f[vision].Data[:9000] }, vision},
		{"text tower is a web page", replace(text, "<!doctype html>"), text},
		{"text tower empty", replace(text, ""), text},
		{"towers swapped", func(f fstest.MapFS) { f[vision], f[text] = f[text], f[vision] }, vision},
		{"another picture size", edit(preprocessorFile, `"height": 80`, `"height": 96`), vision},
		{"another dimension", edit(configFile, `"projection_dim": 256`, `"projection_dim": 512`), "512"},
		{"no room for tokens", edit(configFile, `"max_position_embeddings": 24`, `"max_position_embeddings": 2`), configFile},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files := bundledFiles(t)
			c.damage(files)
			_, err := Open(files, Options{})
			requireCode(t, engine.CodeDamaged, err)
			e := asError(t, err)
			require.Contains(t, e.Detail, c.says)
			require.NotEmpty(t, e.Hint)
		})
	}
}

// TestEveryFileHasAChecksum flips one bit of each file in turn: weights with a flipped bit would load, and give wrong
// vectors.
func TestEveryFileHasAChecksum(t *testing.T) {
	for name := range sealedFiles(t) {
		if name == cardFile || !strings.HasSuffix(name, ".json") && !strings.HasSuffix(name, ".onnx") {
			continue
		}
		files := sealedFiles(t)
		files[name].Data[len(files[name].Data)/2] ^= 1
		_, err := readFolder(files, AnyPrecision)
		requireCode(t, engine.CodeDamaged, err)
		require.Contains(t, asError(t, err).Detail, name)
	}
	_, err := readFolder(sealedFiles(t), AnyPrecision)
	require.NoError(t, err)
}

func TestOpenWithoutLibrary(t *testing.T) {
	_, err := Open(os.DirFS(bundledModel), Options{Library: onnx.Library{Path: filepath.Join(t.TempDir(), "absent.so")}})
	requireCode(t, engine.CodeUnavailable, err)
	require.Contains(t, asError(t, err).Hint, "runtime.library")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestInfo(t *testing.T) {
	e := openBundled(t, Options{})
	info := e.Info()
	require.Len(t, info.Fingerprint, 64)
	info.Fingerprint = ""
	require.Equal(t, engine.EncoderInfo{Name: "pinax-mini", Dimension: 256, Languages: []string{"en", "zh"},
		Licence: "Apache-2.0", Provider: "cpu", LogitScale: 25.8, ImageSize: 80, MaxTokens: 24}, info)
}

func TestInfoWithoutCard(t *testing.T) {
	openBundled(t, Options{})
	files := bundledFiles(t)
	delete(files, cardFile)
	e, err := Open(files, Options{})
	require.NoError(t, err)
	defer e.Close()
	require.Equal(t, "model-"+e.Info().Fingerprint[:12], e.Info().Name)
	require.InDelta(t, 25.75, e.Info().LogitScale, 0.01, "exp of config.json's")
}

func TestFingerprint(t *testing.T) {
	of := func(change func(f fstest.MapFS)) string {
		files := bundledFiles(t)
		change(files)
		f, err := readFolder(files, AnyPrecision)
		require.NoError(t, err)
		return f.fingerprint
	}
	plain := of(func(fstest.MapFS) {})
	touch := func(name string) func(f fstest.MapFS) {
		extra := "\n"
		if strings.HasSuffix(name, ".onnx") {
			extra = "\x28\x01" // the field model_version
		}
		return func(f fstest.MapFS) { f[name].Data = append(f[name].Data, extra...) }
	}
	for _, name := range []string{configFile, preprocessorFile, tokenizerFile, "onnx/text_model.onnx", "onnx/vision_model.onnx"} {
		require.NotEqual(t, plain, of(touch(name)), name)
	}
	require.Equal(t, plain, of(touch(cardFile)), "the card decides no vector")
	require.NotEqual(t, plain, of(func(f fstest.MapFS) {
		f[cardFile].Data = []byte("text: {max_tokens: 16}")
	}), "but for the limit of tokens in it")

	t.Run("as documented", func(t *testing.T) {
		script := exec.Command("sh", "-c", `(sha256sum config.json onnx/text_model.onnx onnx/vision_model.onnx `+
			`preprocessor_config.json tokenizer.json; echo max_tokens 24) | sha256sum`)
		script.Dir = bundledModel
		output, err := script.Output()
		if err != nil {
			t.Skipf("no sha256sum here: %v", err)
		}
		require.Equal(t, strings.Fields(string(output))[0], plain)
	})
}

func TestEncodeTextsRefusesInvalidUTF8(t *testing.T) {
	e := openBundled(t, Options{})
	_, err := e.EncodeTexts(t.Context(), []string{"shirt", "\xff\xfe"})
	requireCode(t, engine.CodeInvalid, err)
	require.Contains(t, asError(t, err).Detail, "text 1")
}

// blinded is the bundled model with the embedding of a word's token replaced by NaN, so that texts with it get no direction.
func blinded(tb testing.TB, word string) fs.FS {
	tb.Helper()
	files := bundledFiles(tb)
	f, err := readFolder(files, AnyPrecision)
	require.NoError(tb, err)
	ids, err := f.tokenizer.Encode(word)
	require.NoError(tb, err)
	require.Len(tb, ids, 3, "%q is one token between two that every text has", word)
	const entries, width = 6000, 160                                // of the table of tokens, float32
	head := binary.AppendUvarint([]byte{9<<3 | 2}, entries*width*4) // raw_data of an onnx.TensorProto
	model := files["onnx/text_model.onnx"]
	at := bytes.Index(model.Data, head)
	require.GreaterOrEqual(tb, at, 0)
	row := model.Data[at+len(head)+int(ids[1])*width*4:][:width*4]
	for i := 0; i < len(row); i += 4 {
		binary.LittleEndian.PutUint32(row[i:], math.Float32bits(float32(math.NaN())))
	}
	return files
}

// TestTextWithoutDirection encodes 32 texts of which one is beyond the model.
func TestTextWithoutDirection(t *testing.T) {
	sound := openBundled(t, Options{})
	e, err := Open(blinded(t, "dress"), Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	texts := make([]string, 32)
	for i := range texts {
		texts[i] = strings.TrimSpace("blue shirt" + strings.Repeat(" cotton", i%5))
	}
	texts[7] = "red dress"
	want, err := sound.EncodeTexts(t.Context(), texts)
	require.NoError(t, err)
	got, err := e.EncodeTexts(t.Context(), texts)
	require.NoError(t, err)
	require.Nil(t, got[7])
	for i := range texts {
		if i != 7 {
			require.InDelta(t, 1, cosine(want[i], got[i]), 1e-5, texts[i])
		}
	}
}

func TestUnverifiedFilesAreKnown(t *testing.T) {
	f, err := readFolder(sealedFiles(t), AnyPrecision)
	require.NoError(t, err)
	require.Empty(t, f.unverified)
	files := sealedFiles(t)
	delete(files, cardFile)
	f, err = readFolder(files, AnyPrecision)
	require.NoError(t, err)
	require.Len(t, f.unverified, 5)
	files = sealedFiles(t)
	card := files[cardFile]
	card.Data = bytes.ReplaceAll(card.Data, []byte("  tokenizer.json:"), []byte("  tokeniser.json:"))
	f, err = readFolder(files, AnyPrecision)
	require.NoError(t, err)
	require.Equal(t, []string{tokenizerFile}, f.unverified, "a misspelt name protects nothing")
}

func TestEncodeNothing(t *testing.T) {
	e := openBundled(t, Options{})
	vectors, err := e.EncodeTexts(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, vectors)
	images, err := e.EncodeImages(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, images)
}

// TestEncodeImagesKeepsFailuresApart sends good pictures between bad ones.
func TestEncodeImagesKeepsFailuresApart(t *testing.T) {
	limits := picture.DefaultLimits()
	limits.Edge = 600
	e := openBundled(t, Options{Limits: limits})
	bag := readPicture(t, "bag.jpg")
	cases := []struct {
		name string
		data []byte
		code engine.Code
	}{
		{"good", bag, ""},
		{"empty", nil, engine.CodeUnprocessable},
		{"text", []byte("this is no picture, whatever its name says"), engine.CodeMediaType},
		{"too large", readPicture(t, "shirt_large.jpg"), engine.CodeTooLarge},
		{"header alone", readPicture(t, "bag_palette.png")[:40], engine.CodeUnprocessable},
		{"good again", bag, ""},
	}
	var pictures [][]byte
	for _, c := range cases {
		pictures = append(pictures, c.data)
	}
	images, err := e.EncodeImages(t.Context(), pictures)
	require.NoError(t, err)
	require.Len(t, images, len(cases))
	for i, c := range cases {
		if c.code != "" {
			requireCode(t, c.code, images[i].Err)
			require.Nil(t, images[i].Vector, c.name)
			continue
		}
		require.NoError(t, images[i].Err, c.name)
		require.Len(t, images[i].Vector, 256)
		require.Equal(t, "image/jpeg", images[i].Type)
		require.Equal(t, []int{168, 224}, []int{images[i].Width, images[i].Height})
	}
}

func TestThumbnail(t *testing.T) {
	e := openBundled(t, Options{})
	_, err := e.Thumbnail(t.Context(), []byte("no picture"), 64)
	requireCode(t, engine.CodeMediaType, err)
	_, err = e.Thumbnail(t.Context(), readPicture(t, "bag.jpg"), 0)
	requireCode(t, engine.CodeInvalid, err)

	data, err := e.Thumbnail(t.Context(), readPicture(t, "shirt_large.jpg"), 64)
	require.NoError(t, err)
	config, err := jpeg.DecodeConfig(bytes.NewReader(data))
	require.NoError(t, err)
	require.Equal(t, []int{48, 64}, []int{config.Width, config.Height})
}

func TestCancelled(t *testing.T) {
	e := openBundled(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := e.EncodeTexts(ctx, []string{"shirt"})
	require.ErrorIs(t, err, context.Canceled)
	_, err = e.EncodeImages(ctx, [][]byte{readPicture(t, "bag.jpg")})
	require.ErrorIs(t, err, context.Canceled)
	_, err = e.Thumbnail(ctx, readPicture(t, "bag.jpg"), 64)
	require.ErrorIs(t, err, context.Canceled)

	ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	many := make([][]byte, 1000)
	for i := range many {
		many[i] = readPicture(t, "shirt_large.jpg")
	}
	_, err = e.EncodeImages(ctx, many)
	require.ErrorIs(t, err, context.DeadlineExceeded, "a call ends with its context, however much it has queued")
	_, err = e.EncodeTexts(t.Context(), []string{"shirt"})
	require.NoError(t, err, "and leaves the encoder free")
}

func TestClosed(t *testing.T) {
	e := openBundled(t, Options{})
	require.NoError(t, e.Close())
	_, err := e.EncodeTexts(t.Context(), []string{"shirt"})
	requireCode(t, engine.CodeUnavailable, err)
	_, err = e.EncodeImages(t.Context(), [][]byte{readPicture(t, "bag.jpg")})
	requireCode(t, engine.CodeUnavailable, err)
	_, err = e.Thumbnail(t.Context(), readPicture(t, "bag.jpg"), 64)
	requireCode(t, engine.CodeUnavailable, err)
}

// TestCallers lets as many callers as a bulk ingestion has encode at once: none is refused, and every result is that
// of the picture and text it belongs to, whatever shared its batch.
func TestCallers(t *testing.T) {
	counts := &counter{}
	e := openBundled(t, Options{Observer: counts})
	warm := counts.text.Load()
	g := readGolden(t)
	const callers, rounds = 64, 3
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			for r := range rounds {
				p, x := g.Pictures[(c+r)%len(g.Pictures)], g.Texts[(c*7+r)%len(g.Texts)]
				data, err := os.ReadFile(filepath.Join("testdata/pictures", p.File))
				if err != nil {
					t.Error(err)
					return
				}
				images, err := e.EncodeImages(t.Context(), [][]byte{data})
				if err != nil || images[0].Err != nil {
					t.Errorf("%v, %+v", err, images)
					return
				}
				vectors, err := e.EncodeTexts(t.Context(), []string{x.Text})
				if err != nil {
					t.Error(err)
					return
				}
				if cos := cosine(p.Vector, images[0].Vector); cos < 0.9999 {
					t.Errorf("%s: cosine %v", p.File, cos)
				}
				if cos := cosine(x.Vector, vectors[0]); cos < 0.9999 {
					t.Errorf("%s: cosine %v", x.Text, cos)
				}
			}
		})
	}
	all.Wait()
	require.EqualValues(t, callers*rounds, counts.decoded.Load())
	require.EqualValues(t, callers*rounds+1, counts.images.Load(), "the warm-up counts too")
	require.EqualValues(t, callers*rounds, counts.text.Load()-warm)
}

// counter is an Observer that adds up.
type counter struct {
	decoded, images, text atomic.Int64
}

func (c *counter) Observe(stage engine.Stage, took time.Duration, n int) {
	if took <= 0 {
		panic(fmt.Sprintf("%s took %v", stage, took))
	}
	switch stage {
	case engine.StageDecode:
		c.decoded.Add(int64(n))
	case engine.StageEncodeImage:
		c.images.Add(int64(n))
	case engine.StageEncodeText:
		c.text.Add(int64(n))
	}
}

// TestFlood sends far more than the queue admits: some callers are told so at once, the others are served.
func TestFlood(t *testing.T) {
	e := openBundled(t, Options{QueueLimit: 16})
	data := readPicture(t, "bag.jpg")
	var served, busy atomic.Int64
	var all sync.WaitGroup
	for range 400 {
		all.Go(func() {
			images, err := e.EncodeImages(t.Context(), [][]byte{data})
			switch {
			case err == nil && images[0].Err == nil:
				served.Add(1)
			case engine.CodeOf(err) == engine.CodeBusy:
				busy.Add(1)
				if wait := asError(t, err).RetryAfter; wait < 0 || wait > time.Minute {
					t.Errorf("a queue of 16 pictures would be busy for %v", wait)
				}
			default:
				t.Errorf("%v, %+v", err, images)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 400, served.Load()+busy.Load())
	require.GreaterOrEqual(t, served.Load(), int64(32))
	require.Positive(t, busy.Load())
}

// TestOneCallWithMany sends more in one call than the queue holds.
func TestOneCallWithMany(t *testing.T) {
	e := openBundled(t, Options{QueueLimit: 4})
	images := make([][]byte, 40)
	texts := make([]string, 300)
	for i := range images {
		images[i] = readPicture(t, "watch_small.png")
	}
	for i := range texts {
		texts[i] = strings.Repeat("red shirt ", i%9)
	}
	encoded, err := e.EncodeImages(t.Context(), images)
	require.NoError(t, err)
	for _, image := range encoded {
		require.NoError(t, image.Err)
	}
	vectors, err := e.EncodeTexts(t.Context(), texts)
	require.NoError(t, err)
	require.Len(t, vectors, len(texts))
}

func TestSimilar(t *testing.T) {
	cases := []struct {
		name    string
		lengths []int // short to long
		want    int
	}{
		{"one", []int{5}, 1},
		{"equal", []int{5, 5, 5, 5}, 4},
		{"a little padding is cheaper than a run", []int{5, 6, 7, 8}, 4},
		{"a long text runs alone", []int{5, 5, 60}, 2},
		{"one short text joins a long one", []int{5, 21}, 2},
		{"or not", []int{5, 22}, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var texts []tokens
			var order []int
			for i, n := range c.lengths {
				texts = append(texts, tokens{ids: make([]int64, n)})
				order = append(order, i)
			}
			require.Equal(t, c.want, (&textTower{tower: &tower{}}).similar(texts, order))
		})
	}
	fixed := &textTower{tower: &tower{maxBatch: 2}, length: 60}
	require.Equal(t, 2, fixed.similar(make([]tokens, 5), []int{0, 1, 2, 3, 4}), "the graph's limit")
}

func TestNormalise(t *testing.T) {
	for _, v := range [][]float32{{0, 0}, {}, {float32(math.NaN()), 1}, {float32(math.Inf(1)), 1}} {
		require.False(t, normalise(v), "%v", v)
	}
	v := []float32{3e30, -4e30}
	require.True(t, normalise(v), "squares overflow float32")
	require.InDeltaSlice(t, []float32{0.6, -0.8}, v, 1e-6)
}

func TestPictureErrors(t *testing.T) {
	for _, err := range []error{errors.New("something else"), context.Canceled, batch.ErrFull} {
		require.Nil(t, pictureError(err), "%v", err)
	}
	own, err := blame(nil)
	require.Nil(t, own)
	require.NoError(t, err)
	own, err = blame(&batch.PanicError{Value: "boom"})
	require.NoError(t, err, "a picture that breaks a decoder does not break the others")
	require.Equal(t, engine.CodeInternal, own.Code)
	require.NotContains(t, own.Detail, "boom")
}
