package store

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"pinax/encoder/hub"
	"pinax/encoder/hub/hubtest"
	"pinax/engine"
)

// write lays files out in a folder of their own.
func write(t *testing.T, files fs.FS) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "my model")
	require.NoError(t, os.CopyFS(dir, files))
	return dir
}

// entry is one of an archive.
type entry struct {
	name string
	data []byte
	kind byte // of tar; 0: a file
	link string
}

func entriesOf(files fstest.MapFS, prefix string) []entry {
	var all []entry
	for name, f := range files {
		all = append(all, entry{name: prefix + name, data: f.Data})
	}
	return all
}

func tarOf(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, e := range entries {
		kind := e.kind
		if kind == 0 {
			kind = tar.TypeReg
		}
		require.NoError(t, w.WriteHeader(&tar.Header{Name: e.name, Typeflag: kind, Linkname: e.link, Size: int64(len(e.data)), Mode: 0o644}))
		_, err := w.Write(e.data)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return buf.Bytes()
}

func gzipOf(t *testing.T, data []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, err := w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return buf.Bytes()
}

func zipOf(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.kind == tar.TypeSymlink {
			header.SetMode(fs.ModeSymlink | 0o777)
		}
		f, err := w.CreateHeader(header)
		require.NoError(t, err)
		_, err = f.Write(append(e.data, e.link...))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return buf.Bytes()
}

func file(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

func TestImport(t *testing.T) {
	plain := entriesOf(model(), "")
	wrapped := append(entriesOf(model(), "./a/model v1/"), entry{name: "./a/model v1/3_Normalize/config.json", data: []byte("{}")})
	around := filepath.Join(t.TempDir(), "around")
	require.NoError(t, os.CopyFS(filepath.Join(around, "model"), model()))
	for name, tc := range map[string]struct{ from, name string }{
		"folder":           {write(t, model()), "my-model"},
		"folder around it": {around, "around"},
		"tar":              {file(t, "clip.tar", tarOf(t, plain...)), "clip"},
		"gzipped tar":      {file(t, "Clip.TAR.gz", gzipOf(t, tarOf(t, wrapped...))), "Clip"},
		"zip":              {file(t, "clip-2.zip", zipOf(t, wrapped...)), "clip-2"},
		"any other name":   {file(t, "..clip ü", zipOf(t, plain...)), "clip--"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Open(t.TempDir())
			checked := false
			one, err := s.Import(t.Context(), tc.from, Options{Check: func(fs.FS) error { checked = true; return nil }})
			require.NoError(t, err)
			require.True(t, checked)
			require.Equal(t, tc.name, one.Name)
			require.Equal(t, taken32, filesIn(t, one.Dir))
			require.Equal(t, Source{Import: filepath.Base(tc.from)}, one.Source)
			differences, err := s.Verify(t.Context(), one, func(int64) {})
			require.NoError(t, err)
			require.Empty(t, differences)
			_, err = s.Import(t.Context(), tc.from, Options{})
			require.Equal(t, engine.CodeExists, engine.CodeOf(err))
			other, err := s.Import(t.Context(), tc.from, Options{Name: "other", Wanted: Wanted{Precision: Int8}})
			require.NoError(t, err)
			require.Contains(t, filesIn(t, other.Dir), "onnx/vision_model_quantized.onnx")
			require.NotContains(t, filesIn(t, other.Dir), "onnx/vision_model.onnx")
		})
	}
}

func TestImportFromAnotherStore(t *testing.T) {
	server := hubtest.New(t, repo, model())
	there := Open(t.TempDir())
	one, err := there.Pull(t.Context(), client(t, server.URL), hub.Ref{Repo: repo}, Options{})
	require.NoError(t, err)
	here := Open(t.TempDir())
	copied, err := here.Import(t.Context(), one.Dir, Options{})
	require.NoError(t, err)
	require.Equal(t, one.Name, copied.Name)
	require.Equal(t, one.Source, copied.Source)
	found, err := here.Find(repo)
	require.NoError(t, err)
	require.Equal(t, copied, found)

	require.NoError(t, os.WriteFile(filepath.Join(one.Dir, "onnx", "vision_model.onnx"), []byte("spoilt"), 0o600))
	_, err = here.Import(t.Context(), one.Dir, Options{Name: "again"})
	require.Equal(t, engine.CodeDamaged, engine.CodeOf(err))
	require.Empty(t, leftovers(t, here))
}

func TestImportRefuses(t *testing.T) {
	good := entriesOf(model(), "")
	bomb := make([]byte, 18<<20)
	many := make([]entry, bundleFiles+1)
	for i := range many {
		many[i] = entry{name: "config.json"}
	}
	half := tarOf(t, good...)
	for name, tc := range map[string]struct {
		data []byte
		code engine.Code
	}{
		"tar: upwards":           {tarOf(t, append(good, entry{name: "../evil"})...), engine.CodeInvalid},
		"tar: upwards within":    {tarOf(t, append(good, entry{name: "a/../../evil"})...), engine.CodeInvalid},
		"tar: absolute":          {tarOf(t, append(good, entry{name: "/etc/evil"})...), engine.CodeInvalid},
		"tar: escape sequence":   {tarOf(t, append(good, entry{name: "a\x1b[2J"})...), engine.CodeInvalid},
		"tar: symbolic link":     {tarOf(t, append(good, entry{name: "onnx/x", kind: tar.TypeSymlink, link: "/etc/passwd"})...), engine.CodeInvalid},
		"tar: hard link":         {tarOf(t, append(good, entry{name: "onnx/x", kind: tar.TypeLink, link: "config.json"})...), engine.CodeInvalid},
		"tar: device":            {tarOf(t, append(good, entry{name: "onnx/x", kind: tar.TypeBlock})...), engine.CodeInvalid},
		"tar: cut off":           {half[:len(half)/1024*512+100], engine.CodeDamaged},
		"tar: too many files":    {tarOf(t, many...), engine.CodeTooLarge},
		"tar: same file twice":   {tarOf(t, append(good, entry{name: "config.json", data: model()["config.json"].Data})...), engine.CodeInvalid},
		"gzip: bomb":             {gzipOf(t, tarOf(t, append(good, entry{name: "zeros", data: bomb})...)), engine.CodeTooLarge},
		"gzip: cut off":          {gzipOf(t, half)[:200], engine.CodeDamaged},
		"gzip: no tar":           {gzipOf(t, []byte("hello")), engine.CodeDamaged},
		"zip: upwards":           {zipOf(t, append(good, entry{name: "../evil"})...), engine.CodeInvalid},
		"zip: windows":           {zipOf(t, append(good, entry{name: `..\evil`})...), engine.CodeInvalid},
		"zip: symbolic link":     {zipOf(t, append(good, entry{name: "x", kind: tar.TypeSymlink, link: "/etc/passwd"})...), engine.CodeInvalid},
		"zip: bomb":              {zipOf(t, append(good, entry{name: "zeros", data: bomb})...), engine.CodeTooLarge},
		"zip: cut off":           {zipOf(t, good...)[:300], engine.CodeDamaged},
		"two models":             {tarOf(t, append(entriesOf(model(), "a/"), entriesOf(model(), "b/")...)...), engine.CodeInvalid},
		"no model":               {tarOf(t, entry{name: "readme"}), engine.CodeUnprocessable},
		"no archive":             {[]byte("hello"), engine.CodeMediaType},
		"empty file":             {nil, engine.CodeMediaType},
		"manifest that is wrong": {tarOf(t, append(good, entry{name: ManifestFile, data: []byte("{")})...), engine.CodeDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			s := Open(filepath.Join(root, "models"))
			_, err := s.Import(t.Context(), file(t, "model.tar", tc.data), Options{})
			require.Error(t, err)
			require.Equal(t, tc.code, engine.CodeOf(err), "%v", err)
			require.Empty(t, leftovers(t, s))
			require.NoFileExists(t, filepath.Join(root, "evil"))
			all, err := s.List()
			require.NoError(t, err)
			require.Empty(t, all)
		})
	}
	s := Open(t.TempDir())
	_, err := s.Import(t.Context(), "/nowhere", Options{})
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = s.Import(t.Context(), write(t, model()), Options{Name: "../x"})
	require.Equal(t, engine.CodeInvalid, engine.CodeOf(err))
	refused := io.ErrNoProgress
	_, err = s.Import(t.Context(), write(t, model()), Options{Check: func(fs.FS) error { return refused }})
	require.ErrorIs(t, err, refused)
	require.Empty(t, leftovers(t, s))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, from := range []string{write(t, model()), file(t, "x.tar", tarOf(t, good...)), file(t, "x.zip", zipOf(t, good...))} {
		_, err = s.Import(cancelled, from, Options{})
		require.ErrorIs(t, err, context.Canceled)
	}
}

func FuzzArchive(f *testing.F) {
	t := &testing.T{} // the helpers want one; what they build here does not fail
	f.Add(tarOf(t, entry{name: "config.json", data: []byte("{}")}))
	f.Add(gzipOf(t, tarOf(t, entry{name: "../config.json"})))
	f.Add(zipOf(t, entry{name: "a/config.json", data: []byte("{}")}))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := openBundle(file(t, "x", data))
		if err != nil {
			return
		}
		_ = b.walk(t.Context(), func(name string, _ int64, r io.Reader) error {
			require.True(t, filepath.IsLocal(filepath.FromSlash(name)))
			_, err := io.Copy(io.Discard, r)
			return err
		})
	})
}
