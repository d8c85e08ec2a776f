package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/client"
	"pinax/encoder/hub/hubtest"
	"pinax/encoder/store"
)

// atHub makes a server with the bundled model the hub of this test's processes.
func atHub(t *testing.T) *hubtest.Server {
	t.Helper()
	server := hubtest.New(t, "owner/mini", os.DirFS("../../models/pinax-mini"))
	for _, name := range []string{"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN_PATH", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE",
		"TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_IMPLICIT_TOKEN"} {
		t.Setenv(name, "")
	}
	t.Setenv("HF_HOME", t.TempDir())
	t.Setenv("HF_ENDPOINT", server.URL)
	t.Setenv("HF_TOKEN", "secret")
	server.RequireToken("secret")
	return server
}

func listModels(t *testing.T, args ...string) modelsReport {
	t.Helper()
	var r modelsReport
	require.NoError(t, json.Unmarshal([]byte(must(t, append([]string{"models", "list", "--json"}, args...)...)), &r))
	return r
}

// TestFromAHubToAnAnswer pulls the bundled model from a hub over lines that break, serves with it, and gets the vectors of
// the bundled one.
func TestFromAHubToAnAnswer(t *testing.T) {
	needLibrary(t)
	server := atHub(t)
	server.Cut("onnx/vision_model.onnx", 1_000_000, 2)
	server.Cut("tokenizer.json", 0, 1)
	data := t.TempDir()
	out, errs, ok := pinax(t, "models", "pull", "owner/mini@main", "--data", data)
	require.True(t, ok, errs)
	require.Contains(t, out, "owner--mini@0123456789ab is installed")
	require.Contains(t, errs, "f32: the reference's own numbers")
	for _, r := range server.Requests() {
		require.Equal(t, "http://"+r.Host == server.URL, r.Authorization != "", "the token is for the hub alone")
	}

	listed := listModels(t, "--data", data)
	require.Len(t, listed.Installed, 1)
	require.Equal(t, "owner/mini@main", listed.Installed[0].Source.String())
	require.False(t, listed.Installed[0].InUse)
	require.NotEmpty(t, listed.Catalogue)
	require.Contains(t, must(t, "models", "list", "--data", data), "owner--mini@0123456789ab")

	var bundled, pulled embedOutput
	require.NoError(t, json.Unmarshal([]byte(must(t, "embed", "red dress")), &bundled))
	address, stop := serve(t, "--data", data, "--set", "encoder.model=owner/mini")
	require.NoError(t, json.Unmarshal([]byte(must(t, "embed", "red dress", "--server", address)), &pulled))
	require.Equal(t, bundled, pulled)
	c, err := client.New(address)
	require.NoError(t, err)
	encoders, err := c.Encoders(t.Context())
	require.NoError(t, err)
	require.Equal(t, "pinax-mini", encoders[0].Name, "the model's own card is kept")
	stop()

	set := []string{"--data", data, "--set", "encoder.model=owner--mini@0123456789ab"}
	_, errs, ok = pinax(t, append([]string{"models", "remove", "owner/mini"}, set...)...)
	require.False(t, ok)
	require.Contains(t, errs, "names owner--mini@0123456789ab as its encoder")
	fusion := filepath.Join(t.TempDir(), "fusion.yaml")
	require.NoError(t, os.WriteFile(fusion, []byte("encoder: {kind: fusion, members: [{model: '', weight: 1}, {model: owner/mini, weight: 2}]}"), 0o600))
	_, errs, ok = pinax(t, "models", "remove", "owner/mini", "--data", data, "--config", fusion)
	require.False(t, ok, "a member of a fusion is needed too")
	require.Contains(t, errs, "as its encoder")
	require.True(t, listModels(t, set...).Installed[0].InUse)
	require.Contains(t, must(t, "models", "verify", "--data", data), "all 7 files are as they were installed")

	asked := len(server.Requests())
	must(t, "models", "remove", "owner/mini", "--data", data)
	require.Empty(t, listModels(t, "--data", data).Installed)
	_, errs, ok = pinax(t, append([]string{"serve", "--listen", "127.0.0.1:0"}, set...)...)
	require.False(t, ok)
	require.Contains(t, errs, "neither an installed model nor a folder")
	require.Contains(t, errs, "nothing is installed yet")
	require.Len(t, server.Requests(), asked, "only pull asks the hub")
}

// TestModelsWithoutACardGetOne pulls a model that has no pinax.yaml, as most on hubs.
func TestModelsWithoutACardGetOne(t *testing.T) {
	needLibrary(t)
	server := atHub(t)
	server.SetList(func(files []map[string]any) []map[string]any {
		return slices.DeleteFunc(files, func(f map[string]any) bool { return f["rfilename"] == "pinax.yaml" })
	})
	set := []string{"--set", "data=" + t.TempDir(), "--set", "encoder.model=owner/mini"}
	must(t, append([]string{"models", "pull", "owner/mini"}, set[:2]...)...)
	_, errs, ok := pinax(t, append([]string{"embed", "red dress"}, set...)...)
	require.True(t, ok, errs)
	require.NotContains(t, errs, "no checksum", "the encoder checks what the hub promised")
	require.Contains(t, must(t, append([]string{"models", "bench", "--for", "1ms"}, set...)...), "mini: 256 dimensions")
	one := listModels(t, set...).Installed[0]
	require.Equal(t, []string{"en", "zh"}, one.Languages)
	require.NoError(t, os.WriteFile(filepath.Join(one.Dir, "tokenizer.json"), []byte("{}"), 0o600))
	_, errs, ok = pinax(t, append([]string{"embed", "red dress"}, set...)...)
	require.False(t, ok)
	require.Contains(t, errs, "SHA-256")
}

func TestPullSaysWhyItCannot(t *testing.T) {
	server := atHub(t)
	data := t.TempDir()
	for name, tc := range map[string]struct {
		env  map[string]string
		args []string
		want []string
	}{
		"no endpoint":        {map[string]string{"HF_ENDPOINT": ""}, []string{"owner/mini"}, []string{"HF_ENDPOINT", "models.endpoint"}},
		"wrong token":        {map[string]string{"HF_TOKEN": "other"}, []string{"owner/mini"}, []string{"forbidden", "HF_TOKEN"}},
		"no such model":      {nil, []string{"owner/other"}, []string{"not_found"}},
		"no such revision":   {nil, []string{"owner/mini@v9"}, []string{"not_found", "v9"}},
		"offline by flag":    {nil, []string{"owner/mini", "--offline"}, []string{"offline", "models import"}},
		"offline by setting": {nil, []string{"owner/mini", "--set", "models.offline=true"}, []string{"offline"}},
		"offline by habit":   {map[string]string{"HF_HUB_OFFLINE": "1"}, []string{"owner/mini"}, []string{"offline"}},
		"no such precision":  {nil, []string{"owner/mini", "--precision", "int8"}, []string{"no ONNX model in int8", "f32"}},
		"nonsense":           {nil, []string{"../mini"}, []string{"not the name of a repository"}},
		"not exported":       {nil, []string{"openclip-vit-l14-datacomp"}, []string{"nobody is known", "models import"}},
	} {
		t.Run(name, func(t *testing.T) {
			for key, value := range tc.env {
				t.Setenv(key, value)
			}
			asked := len(server.Requests())
			_, errs, ok := pinax(t, append([]string{"models", "pull", "--data", data}, tc.args...)...)
			require.False(t, ok)
			for _, want := range tc.want {
				require.Contains(t, errs, want)
			}
			if strings.HasPrefix(name, "offline") {
				require.Len(t, server.Requests(), asked)
			}
			require.Empty(t, listModels(t, "--data", data).Installed)
		})
	}
}

func TestCatalogueNamesAreRepositories(t *testing.T) {
	server := atHub(t)
	_, errs, ok := pinax(t, "models", "pull", "clip-vit-b32@v1", "--data", t.TempDir())
	require.False(t, ok)
	require.Contains(t, errs, "Xenova/clip-vit-base-patch32@v1")
	require.Equal(t, "/api/models/Xenova/clip-vit-base-patch32/revision/v1", server.Requests()[0].Path)
}

func TestConfiguredEndpointWins(t *testing.T) {
	server := atHub(t)
	t.Setenv("HF_ENDPOINT", "http://127.0.0.1:1")
	_, errs, ok := pinax(t, "models", "pull", "owner/other", "--data", t.TempDir(), "--set", "models.endpoint="+server.URL)
	require.False(t, ok)
	require.Contains(t, errs, "not_found")
}

// packModel packs a model folder as people do.
func packModel(t *testing.T, dir string) string {
	t.Helper()
	var buf bytes.Buffer
	zipped := gzip.NewWriter(&buf)
	archive := tar.NewWriter(zipped)
	require.NoError(t, archive.AddFS(os.DirFS(dir)))
	require.NoError(t, archive.Close())
	require.NoError(t, zipped.Close())
	file := filepath.Join(t.TempDir(), "mini.tar.gz")
	require.NoError(t, os.WriteFile(file, buf.Bytes(), 0o600))
	return file
}

func TestImportVerifyAndBench(t *testing.T) {
	needLibrary(t)
	t.Setenv("HF_HUB_OFFLINE", "1")
	t.Setenv("HF_ENDPOINT", "http://127.0.0.1:1") // nobody is asked
	dir := t.TempDir()
	set := []string{"--set", "models.dir=" + dir}
	must(t, append([]string{"models", "import", packModel(t, "../../models/pinax-mini")}, set...)...)

	broken := t.TempDir()
	require.NoError(t, os.CopyFS(broken, os.DirFS("../../models/pinax-mini")))
	require.NoError(t, os.Remove(filepath.Join(broken, "pinax.yaml")))
	require.NoError(t, os.Truncate(filepath.Join(broken, "onnx", "text_model.onnx"), 1000))
	_, errs, ok := pinax(t, append([]string{"models", "import", broken, "--name", "broken"}, set...)...)
	require.False(t, ok, "what does not open is not installed")
	require.Contains(t, errs, "text_model.onnx")
	listed := listModels(t, set...)
	require.Len(t, listed.Installed, 1)
	require.Equal(t, "mini", listed.Installed[0].Name)

	out := must(t, append([]string{"models", "bench", "mini", "--for", "50ms", "--json"}, set...)...)
	var bench modelBench
	require.NoError(t, json.Unmarshal([]byte(out), &bench))
	require.Equal(t, 256, bench.Dimension)
	for _, s := range []speed{bench.Texts, bench.Pictures} {
		require.Positive(t, s.PerSecond)
		require.Positive(t, s.MedianMS)
		require.GreaterOrEqual(t, s.P99MS, s.MedianMS)
	}
	require.Positive(t, bench.StartMS)
	require.Contains(t, must(t, append([]string{"models", "bench", "--for", "1ms"}, set...)...), "pinax-mini: 256 dimensions")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "mini", "config.json"), []byte("{}"), 0o600))
	out, _, ok = pinax(t, append([]string{"models", "verify", "--json"}, set...)...)
	require.False(t, ok)
	var verified []verifiedModel
	require.NoError(t, json.Unmarshal([]byte(out), &verified))
	require.Len(t, verified[0].Differences, 1)
	require.Equal(t, "config.json", verified[0].Differences[0].Path)
	require.Equal(t, store.Changed, verified[0].Differences[0].What)
}

// TestEveryArchitectureCanBeImported takes the folders of all layouts and architectures that the encoder is tested with.
func TestEveryArchitectureCanBeImported(t *testing.T) {
	needLibrary(t)
	references, err := filepath.Glob("../../encoder/testdata/architectures/*/reference.json")
	require.NoError(t, err)
	require.NotEmpty(t, references)
	models := store.Open(t.TempDir())
	for _, reference := range references {
		folder := filepath.Dir(reference)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			one, err := models.Import(t.Context(), folder, store.Options{Check: opensAsEncoder(defaultConfig())})
			require.NoError(t, err)
			require.NoFileExists(t, filepath.Join(one.Dir, "reference.json"), "it belongs to no model")
		})
	}
}

func TestWhichModelIsMeant(t *testing.T) {
	root := t.TempDir()
	t.Chdir(root)
	for _, name := range []string{"models/installed", "here", "models/both", "both", "owner/here"} {
		require.NoError(t, os.MkdirAll(name, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(name, "config.json"), []byte("{}"), 0o600))
	}
	for name, want := range map[string]string{
		"":            "",
		"pinax-mini":  "",
		"installed":   "models/installed",
		"here":        "here",
		"./here":      "./here",
		"owner/here":  "owner/here",
		"both":        "models/both",
		"./both":      "./both",
		"nothing":     "error",
		"./installed": "error",
		"owner/none":  "error",
	} {
		cfg := defaultConfig()
		cfg.Data, cfg.Encoder.Model = ".", name
		dir, err := modelDir(cfg)
		if want == "error" {
			require.ErrorContains(t, err, "neither an installed model nor a folder", name)
			require.Contains(t, explain(err), "both, installed", "it lists what is installed")
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, filepath.FromSlash(want), dir, name)
	}
}

func TestTransferInLines(t *testing.T) {
	var screen bytes.Buffer
	clock := time.Unix(0, 0)
	show := &transfer{w: &screen, every: time.Second, now: func() time.Time { return clock }}
	show.begin(store.Choice{Precision: store.F32, Why: "because"}, 4<<20)
	show.add(1 << 20)
	clock = clock.Add(2 * time.Second)
	show.add(1 << 20)
	show.add(1 << 20)
	show.end()
	require.Equal(t, "0 files, 4.00 MiB, in f32: because\nbringing: 2.00 MiB of 4.00 MiB (50 %)\n", screen.String())

	screen.Reset()
	show = &transfer{w: &screen, isTTY: true, now: time.Now}
	show.start("bringing", 100)
	show.add(40)
	show.end()
	require.Contains(t, screen.String(), " 40%")

	screen.Reset()
	show = &transfer{w: &screen, quiet: true, isTTY: true, now: time.Now}
	show.begin(store.Choice{}, 100)
	show.add(40)
	show.end()
	require.Empty(t, screen.String())
}
