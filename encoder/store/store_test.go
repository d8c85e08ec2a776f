package store

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/encoder/hub"
	"pinax/encoder/hub/hubtest"
	"pinax/engine"
)

const repo = "owner/model"

// model is a folder in two precisions, with what does not belong to a model beside it.
func model() fstest.MapFS {
	files := fstest.MapFS{}
	for _, name := range []string{"config.json", "preprocessor_config.json", "tokenizer.json", "README.md", "onnx/vision_model.onnx",
		"onnx/text_model.onnx", "onnx/text_model.onnx_data", "onnx/vision_model_quantized.onnx", "onnx/text_model_quantized.onnx",
		"model.safetensors", "pytorch_model.bin", "onnx/model_q4.onnx", "assets/cat.jpg", ".gitattributes"} {
		files[name] = &fstest.MapFile{Data: []byte(strings.Repeat("the content of "+name+"\n", 500))}
	}
	return files
}

// taken are the files of model that an f32 pull takes.
var taken32 = []string{"README.md", "config.json", "onnx/text_model.onnx", "onnx/text_model.onnx_data", "onnx/vision_model.onnx",
	"pinax.yaml", "preprocessor_config.json", "tokenizer.json"}

func client(t *testing.T, endpoint string) *hub.Client {
	t.Helper()
	c, err := hub.New(hub.Options{Endpoint: endpoint})
	require.NoError(t, err)
	return c
}

func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && name != ManifestFile {
			names = append(names, name)
		}
		return err
	}))
	return names
}

func leftovers(t *testing.T, s *Store) []string {
	t.Helper()
	entries, err := os.ReadDir(s.dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && e.Name() != lockFile {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestPull(t *testing.T) {
	server := hubtest.New(t, repo, model())
	s := Open(filepath.Join(t.TempDir(), "not", "there", "yet"))
	var came, total atomic.Int64
	checked := false
	o := Options{
		Check: func(folder fs.FS) error {
			checked = true
			_, err := fs.Stat(folder, "pinax.yaml")
			return err
		},
		Chosen:   func(_ Choice, n int64) { total.Store(n) },
		Progress: func(n int64) { came.Add(n) },
	}
	one, err := s.Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo}, o)
	require.NoError(t, err)
	require.True(t, checked)
	require.Equal(t, total.Load(), came.Load())
	require.Equal(t, "owner--model@0123456789ab", one.Name)
	require.Equal(t, taken32, filesIn(t, one.Dir))
	require.Empty(t, leftovers(t, s))
	require.Equal(t, Source{Endpoint: server.URL, Repo: repo, Commit: hubtest.Commit}, one.Source)
	require.Equal(t, "apache-2.0", one.Licence)

	for _, name := range []string{one.Name, repo, repo + "@0123", repo + "@" + hubtest.Commit} {
		found, err := s.Find(name)
		require.NoError(t, err, name)
		require.Equal(t, one, found)
	}
	asked := len(server.Requests())
	again, err := s.Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo}, o)
	require.NoError(t, err)
	require.Equal(t, one, again)
	require.Len(t, server.Requests(), asked+1, "what is installed is not downloaded again")

	quantized, err := s.Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo}, Options{Wanted: Wanted{Precision: Int8}})
	require.NoError(t, err)
	require.Equal(t, one.Name+"-int8", quantized.Name)
	_, err = s.Find(repo)
	require.Equal(t, engine.CodeConflict, engine.CodeOf(err), "there are two now")
	_, err = s.Find("owner/other")
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
	var e *engine.Error
	require.True(t, errors.As(err, &e))
	require.Contains(t, e.Hint, one.Name, "the error lists what is installed")
}

func TestPullThatCannotLeavesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "models")
	_, err := Open(dir).Pull(t.Context(), client(t, ""), hub.Ref{Repo: repo}, Options{})
	require.Equal(t, engine.CodeInvalid, engine.CodeOf(err))
	require.NoDirExists(t, dir)
}

func TestPullGoesOnWhereItWasCancelled(t *testing.T) {
	server := hubtest.New(t, repo, model())
	s := Open(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	server.Cut("onnx/vision_model.onnx", 5000, 1)
	var came atomic.Int64
	_, err := s.Pull(ctx, client(t, server.URL), hub.Ref{Repo: repo}, Options{Progress: func(n int64) {
		if came.Add(n) > 5000 {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []string{".pull-owner--model@0123456789ab"}, leftovers(t, s))
	none, err := s.List()
	require.NoError(t, err)
	require.Empty(t, none, "half a model is none")
	unfinished, err := s.Unfinished()
	require.NoError(t, err)
	require.Equal(t, []string{"owner--model@0123456789ab"}, unfinished)

	one, err := s.Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo}, Options{})
	require.NoError(t, err)
	differences, err := s.Verify(t.Context(), one, func(int64) {})
	require.NoError(t, err)
	require.Empty(t, differences)
	require.Empty(t, leftovers(t, s))
}

func TestRefusedModelStaysForLater(t *testing.T) {
	server := hubtest.New(t, repo, model())
	s := Open(t.TempDir())
	refused := errors.New("this Pinax does not know the architecture")
	_, err := s.Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo}, Options{Check: func(fs.FS) error { return refused }})
	require.ErrorIs(t, err, refused)
	asked := len(server.Requests())
	_, err = s.Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo}, Options{})
	require.NoError(t, err)
	require.Len(t, server.Requests(), asked+1, "only the list")
}

func TestNamedPullDropsFilesOfAnotherPrecision(t *testing.T) {
	server := hubtest.New(t, repo, model())
	s := Open(t.TempDir())
	refused := errors.New("no")
	_, err := s.Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo},
		Options{Name: "mine", Wanted: Wanted{Precision: Int8}, Check: func(fs.FS) error { return refused }})
	require.ErrorIs(t, err, refused)
	one, err := s.Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo}, Options{Name: "mine"})
	require.NoError(t, err)
	require.Equal(t, taken32, filesIn(t, one.Dir))
	_, err = s.Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo}, Options{Name: "mine", Wanted: Wanted{Precision: Int8}})
	require.Equal(t, engine.CodeExists, engine.CodeOf(err))
}

func TestOnePullAtATime(t *testing.T) {
	server := hubtest.New(t, repo, model())
	dir := t.TempDir()
	arrived, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	server.SetIntercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/resolve/") {
			return false
		}
		once.Do(func() { close(arrived); <-goOn })
		return false
	})
	first := make(chan error, 1)
	go func() {
		_, err := Open(dir).Pull(context.WithoutCancel(t.Context()), client(t, server.URL), hub.Ref{Repo: repo}, Options{})
		first <- err
	}()
	<-arrived
	_, err := Open(dir).Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo}, Options{})
	require.Equal(t, engine.CodeBusy, engine.CodeOf(err))
	_, err = Open(dir).Import(t.Context(), t.TempDir(), Options{})
	require.Equal(t, engine.CodeBusy, engine.CodeOf(err))
	close(goOn)
	require.NoError(t, <-first)
}

func TestNoRoom(t *testing.T) {
	server := hubtest.New(t, repo, model())
	s := Open(t.TempDir())
	s.space = func(string) (int64, error) { return reserve + 1000, nil }
	_, err := s.Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo}, Options{})
	require.Equal(t, engine.CodeStorageFull, engine.CodeOf(err))
	require.Len(t, server.Requests(), 1, "nothing was downloaded")
	_, err = s.Import(t.Context(), write(t, model()), Options{})
	require.Equal(t, engine.CodeStorageFull, engine.CodeOf(err))
	require.NotContains(t, strings.Join(leftovers(t, s), " "), importPrefix)
	s.space = func(string) (int64, error) { return 0, errors.ErrUnsupported }
	_, err = s.Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo}, Options{})
	require.NoError(t, err)
	free, err := freeSpace(t.TempDir())
	require.NoError(t, err)
	require.Positive(t, free)
}

func TestSweep(t *testing.T) {
	server := hubtest.New(t, repo, model())
	s := Open(t.TempDir())
	for _, name := range []string{".import-x", ".removed-y", ".pull-owner--model@999999999999", ".pull-other--model@111111111111", ".pull-old"} {
		require.NoError(t, os.MkdirAll(filepath.Join(s.dir, name, "onnx"), 0o700))
	}
	long := time.Now().Add(-2 * abandonedAfter)
	require.NoError(t, os.Chtimes(filepath.Join(s.dir, ".pull-old"), long, long))
	_, err := s.Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo}, Options{})
	require.NoError(t, err)
	require.Equal(t, []string{".pull-other--model@111111111111"}, leftovers(t, s))
}

func TestVerifyAndRemove(t *testing.T) {
	server := hubtest.New(t, repo, model())
	s := Open(t.TempDir())
	one, err := s.Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo}, Options{})
	require.NoError(t, err)
	spoil := filepath.Join(one.Dir, "onnx", "vision_model.onnx")
	data, err := os.ReadFile(spoil)
	require.NoError(t, err)
	data[100] ^= 1
	require.NoError(t, os.WriteFile(spoil, data, 0o600))
	require.NoError(t, os.Truncate(filepath.Join(one.Dir, "tokenizer.json"), 3))
	require.NoError(t, os.Remove(filepath.Join(one.Dir, "config.json")))
	require.NoError(t, os.WriteFile(filepath.Join(one.Dir, "extra"), nil, 0o600))
	differences, err := s.Verify(t.Context(), one, func(int64) {})
	require.NoError(t, err)
	var found []string
	for _, d := range differences {
		found = append(found, d.Path+" "+d.What)
	}
	require.Equal(t, []string{"config.json missing", "extra added", "onnx/vision_model.onnx changed", "tokenizer.json changed"}, found)

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Verify(cancelled, one, func(int64) {})
	require.ErrorIs(t, err, context.Canceled)

	require.NoError(t, s.Remove(one))
	all, err := s.List()
	require.NoError(t, err)
	require.Empty(t, all)
	require.Empty(t, leftovers(t, s))
	require.ErrorIs(t, s.Remove(one), fs.ErrNotExist)
	require.Equal(t, engine.CodeInvalid, engine.CodeOf(s.Remove(Installed{Name: "../x"})))
}

func TestWeightsOnDemand(t *testing.T) {
	server := hubtest.New(t, repo, model())
	s := Open(t.TempDir())
	incomplete := engine.Errorf(engine.CodeDamaged, "no projection")
	check := func(folder fs.FS) error {
		if _, err := fs.Stat(folder, weightsFile); err != nil {
			return incomplete
		}
		return nil
	}
	_, err := s.Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo}, Options{Check: check})
	var e *engine.Error
	require.True(t, errors.As(err, &e))
	require.Contains(t, e.Hint, "--weights")
	imported, err := s.Import(t.Context(), write(t, model()), Options{Check: check})
	require.NoError(t, err, "what is at hand is taken without asking")
	require.Contains(t, filesIn(t, imported.Dir), weightsFile)
	one, err := s.Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo}, Options{Check: check, Wanted: Wanted{Weights: true}})
	require.NoError(t, err)
	require.Contains(t, filesIn(t, one.Dir), weightsFile)
}

func TestModelsPutThereByHand(t *testing.T) {
	s := Open(t.TempDir())
	require.NoError(t, os.CopyFS(filepath.Join(s.dir, "by-hand"), model()))
	require.NoError(t, os.Mkdir(filepath.Join(s.dir, "something-else"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "file"), nil, 0o600))
	one, err := s.Find("by-hand")
	require.NoError(t, err)
	_, err = s.Verify(t.Context(), one, func(int64) {})
	require.Equal(t, engine.CodeUnprocessable, engine.CodeOf(err))
	all, err := s.List()
	require.NoError(t, err)
	require.Len(t, all, 1)
	for name, text := range map[string]string{
		"no JSON": "{", "of tomorrow": `{"version":99}`, "hostile path": `{"version":1,"files":[{"path":"../x"}]}`,
		"hostile text": `{"version":1,"source":{"import":"\u001b[2J"}}`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(one.Dir, ManifestFile), []byte(text), 0o600))
		_, err = s.Find("by-hand")
		require.Equal(t, engine.CodeDamaged, engine.CodeOf(err), name)
		all, err = s.List()
		require.NoError(t, err, "one that is damaged does not hide the others")
		require.NotEmpty(t, all[0].Damaged)
	}
}

func TestHintAtAnExport(t *testing.T) {
	torchOnly := fstest.MapFS{"config.json": {}, "model.safetensors": {}}
	server := hubtest.New(t, "openai/clip-vit-base-patch32", torchOnly)
	_, err := Open(t.TempDir()).Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: "openai/clip-vit-base-patch32"}, Options{})
	var e *engine.Error
	require.True(t, errors.As(err, &e))
	require.Equal(t, engine.CodeUnprocessable, e.Code)
	require.Contains(t, e.Hint, "pinax models pull clip-vit-b32")
}

func TestChoose(t *testing.T) {
	vnni, avx2, gpu := Machine{DotInt8: true}, Machine{Saturates: true}, Machine{DotInt8: true, GPU: true}
	sides := []string{"config.json", "preprocessor_config.json", "tokenizer.json"}
	both := func(suffix string) []string {
		return []string{"onnx/text_model" + suffix + ".onnx", "onnx/vision_model" + suffix + ".onnx"}
	}
	join := func(lists ...[]string) (all []string) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	for name, tc := range map[string]struct {
		files []string
		want  Precision
		on    Machine
		got   []string // graphs and their data
		is    Precision
		why   string
	}{
		"f32 where there is one":      {join(both(""), both("_fp16"), both("_quantized")), Auto, vnni, both(""), F32, "--precision int8 would be faster"},
		"on AVX2":                     {join(both(""), both("_quantized")), Auto, avx2, both(""), F32, "AVX2 without VNNI"},
		"on a GPU":                    {join(both(""), both("_fp16"), both("_quantized")), Auto, gpu, both(""), F32, "--precision f16 takes half"},
		"f16 on a GPU":                {both("_fp16"), Auto, gpu, both("_fp16"), F16, "computes f16 as such"},
		"f32 alone":                   {both(""), Auto, avx2, both(""), F32, "own numbers"},
		"f16 for want of f32":         {join(both("_fp16"), both("_int8")), Auto, vnni, both("_fp16"), F16, "no f32"},
		"int8 for want of all else":   {both("_int8"), "", vnni, both("_int8"), Int8, "nothing finer"},
		"int8 on VNNI":                {join(both(""), both("_uint8"), both("_int8"), both("_quantized")), Int8, vnni, both("_quantized"), Int8, "asked"},
		"int8 on AVX2":                {join(both(""), both("_uint8"), both("_int8"), both("_quantized")), Int8, avx2, both("_uint8"), Int8, "saturates"},
		"towers before one graph":     {join(both(""), []string{"onnx/model.onnx"}), Auto, vnni, both(""), F32, ""},
		"one graph with its data":     {[]string{"onnx/model.onnx", "onnx/model.onnx_data", "onnx/model.onnx_data_1", "onnx/model_fp16.onnx"}, Auto, vnni, []string{"onnx/model.onnx", "onnx/model.onnx_data", "onnx/model.onnx_data_1"}, F32, ""},
		"other spelling of the data":  {[]string{"model.onnx", "model.onnx.data", "model.onnx.txt"}, Auto, vnni, []string{"model.onnx", "model.onnx.data"}, F32, ""},
		"a folder a tower":            {[]string{"visual/model.onnx", "textual/model.onnx", "textual/model.onnx_data", "textual/tokenizer.json", "visual/preprocess_cfg.json"}, Auto, vnni, []string{"visual/model.onnx", "textual/model.onnx", "textual/model.onnx_data", "textual/tokenizer.json", "visual/preprocess_cfg.json"}, F32, ""},
		"other names and separators":  {[]string{"image_encoder-fp16.onnx", "text_encoder-fp16.onnx"}, F16, vnni, []string{"image_encoder-fp16.onnx", "text_encoder-fp16.onnx"}, F16, ""},
		"layers behind the graphs":    {join(both(""), []string{"1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors", "3_More/config.json"}), Auto, vnni, join(both(""), []string{"1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors"}), F32, ""},
		"half a pair is none":         {join([]string{"onnx/text_model.onnx"}, both("_fp16")), Auto, vnni, both("_fp16"), F16, ""},
		"no mixture of two precision": {[]string{"onnx/text_model_int8.onnx", "onnx/vision_model_uint8.onnx", "model.onnx"}, Auto, vnni, []string{"model.onnx"}, F32, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var files []hub.File
			for _, p := range append(tc.files, append(sides, "model.bin", "onnx/x.onnx")...) {
				files = append(files, hub.File{Path: p})
			}
			c, err := Choose(files, Wanted{Precision: tc.want, Machine: tc.on})
			require.NoError(t, err)
			var got []string
			for _, f := range c.Files {
				got = append(got, f.Path)
			}
			require.ElementsMatch(t, append(tc.got, sides...), got)
			require.Equal(t, tc.is, c.Precision)
			require.Contains(t, c.Why, tc.why)
		})
	}
	for name, tc := range map[string]struct {
		files []string
		want  Precision
		code  engine.Code
	}{
		"nonsense":          {nil, "f8", engine.CodeInvalid},
		"nothing":           {nil, Auto, engine.CodeUnprocessable},
		"not that one":      {join(both(""), sides), F16, engine.CodeUnprocessable},
		"no tokenizer":      {join(both(""), sides[:2]), Auto, engine.CodeUnprocessable},
		"no configuration":  {join(both(""), sides[1:]), Auto, engine.CodeUnprocessable},
		"no preprocessing":  {join(both(""), sides[:1], sides[2:]), Auto, engine.CodeUnprocessable},
		"another framework": {join(sides, []string{"model.safetensors"}), Auto, engine.CodeUnprocessable},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			var files []hub.File
			for _, p := range tc.files {
				files = append(files, hub.File{Path: p})
			}
			_, err := Choose(files, Wanted{Precision: tc.want, Machine: vnni})
			require.Equal(t, tc.code, engine.CodeOf(err))
		})
	}
}
