package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/client"
	"pinax/cmd/pinax/demo"
	"pinax/encoder/onnx"
)

// asMain makes the test binary behave as pinax itself, so that the tests run the real commands in processes of their own.
const asMain = "PINAX_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asMain+"=1")
	return cmd
}

// pinax runs a command to its end.
func pinax(t *testing.T, args ...string) (stdout, stderr string, ok bool) {
	t.Helper()
	cmd := command(t.Context(), args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return out.String(), errs.String(), err == nil
}

func must(t *testing.T, args ...string) string {
	t.Helper()
	out, errs, ok := pinax(t, args...)
	require.True(t, ok, "pinax %s: %s", strings.Join(args, " "), errs)
	return out
}

// serve starts a server on a free port and returns its address and how to stop it gracefully.
func serve(t *testing.T, args ...string) (address string, stop func()) {
	t.Helper()
	cmd := command(context.WithoutCancel(t.Context()), append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var log bytes.Buffer
	cmd.Stderr = &log
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, "%s", &log)
	address = strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	c, err := client.New(address)
	require.NoError(t, err)
	require.NoError(t, c.Ready(t.Context()), "%s", &log)
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, cmd.Wait(), "a graceful stop is no failure: %s", &log)
	}
	t.Cleanup(stop)
	return address, stop
}

func needLibrary(t *testing.T) {
	t.Helper()
	if _, err := (onnx.Library{}).Locate(); errors.Is(err, onnx.ErrNoLibrary) {
		t.Skip("SKIPPED: this build carries no ONNX Runtime; `make build` fetches it")
	}
}

// writeShop writes drawn products as a CSV with a folder of pictures, and three bad rows among them.
func writeShop(t *testing.T) (table string, products []demo.Product) {
	t.Helper()
	all, err := demo.Products()
	require.NoError(t, err)
	root := t.TempDir()
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	row := func(cells ...string) { require.NoError(t, w.Write(cells)) }
	row("id", "title", "title_zh", "price")
	for i := 0; i < len(all); i += 3 {
		p := all[i]
		products = append(products, p)
		row(p.ID, p.Titles["title"], p.Titles["title_zh"], "9.5")
		require.NoError(t, os.WriteFile(filepath.Join(root, p.ID+".jpg"), p.JPEG, 0o600))
	}
	row("broken-picture", "Broken", "", "1")
	require.NoError(t, os.WriteFile(filepath.Join(root, "broken-picture.jpg"), []byte("no picture"), 0o600))
	row("bad-price", "Bad", "", "cheap")
	w.Flush()
	buf.WriteString("short row\n")
	table = filepath.Join(root, "products.csv")
	require.NoError(t, os.WriteFile(table, buf.Bytes(), 0o600))
	return table, products
}

func TestFromAFileToAnAnswer(t *testing.T) {
	needLibrary(t)
	data := t.TempDir()
	address, stop := serve(t, "--data", data)
	table, products := writeShop(t)
	report := filepath.Join(t.TempDir(), "skipped.ndjson")
	ingest := []string{"ingest", table, "-c", "shop", "--server", address, "--attribute-columns", "price:number", "--report", report, "-q"}
	out := must(t, ingest...)
	require.Contains(t, out, "3 skipped")
	skipped, err := os.ReadFile(report)
	require.NoError(t, err)
	for _, reason := range []string{"broken-picture", "not a number", "wrong number of fields"} {
		require.Contains(t, string(skipped), reason)
	}
	require.Contains(t, must(t, ingest...), "0 created, 0 updated", "running it again changes nothing")

	p := products[len(products)/2]
	search := func(args ...string) client.Result {
		t.Helper()
		var r client.Result
		require.NoError(t, json.Unmarshal([]byte(must(t, append([]string{"search", "-c", "shop", "--server", address, "--json"}, args...)...)), &r))
		return r
	}
	picture := filepath.Join(filepath.Dir(table), p.ID+".jpg")
	byPicture := search("--image", picture)
	require.Equal(t, p.ID, byPicture.Hits[0].ID)
	require.InDelta(t, 1, byPicture.Hits[0].Score, 1e-4)
	require.Equal(t, 9.5, byPicture.Hits[0].Item.Attributes["price"])
	for _, title := range p.Titles {
		byTitle := search(title, "--target", "text")
		require.Equal(t, p.ID, byTitle.Hits[0].ID, title)
	}
	sheetFile := filepath.Join(t.TempDir(), "sheet.html")
	require.Contains(t, must(t, "search", "红色连衣裙", "-c", "shop", "--server", address, "--html", sheetFile), "SCORE")
	html, err := os.ReadFile(sheetFile)
	require.NoError(t, err)
	require.Contains(t, string(html), "data:image/jpeg;base64,")

	eval := []string{"eval", table, "--server", address, "--json"}
	var direct, searched evaluation
	require.NoError(t, json.Unmarshal([]byte(must(t, "eval", filepath.Join(writeGood(t, table), "products.csv"), "--json")), &direct))
	require.Equal(t, len(products), direct.TextToImage.Queries)
	require.Greater(t, direct.TextToImage.Recall10, 0.8)
	good := writeGood(t, table)
	require.NoError(t, json.Unmarshal([]byte(must(t, "eval", filepath.Join(good, "products.csv"), "--server", address, "-c", "shop", "--json")), &searched))
	require.InDelta(t, direct.TextToImage.Recall1, searched.TextToImage.Recall1, 1e-9, "search and comparison agree")
	_, errs, ok := pinax(t, eval...)
	require.False(t, ok, "a picture that cannot be decoded is not silently left out of an evaluation")
	require.Contains(t, errs, "broken-picture")

	var vectors embedOutput
	require.NoError(t, json.Unmarshal([]byte(must(t, "embed", "red dress", "红色连衣裙", "--image", picture)), &vectors))
	require.Len(t, vectors.Texts, 2)
	require.Len(t, vectors.Images[0], 256)

	stop()
	address, _ = serve(t, "--data", data)
	require.Equal(t, p.ID, search("--image", picture).Hits[0].ID, "what was stored is there after a restart")
}

// writeGood copies the table without its bad rows.
func writeGood(t *testing.T, table string) string {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.CopyFS(root, os.DirFS(filepath.Dir(table))))
	text, err := os.ReadFile(table)
	require.NoError(t, err)
	good, _, ok := strings.Cut(string(text), "broken-picture")
	require.True(t, ok)
	require.NoError(t, os.WriteFile(filepath.Join(root, "products.csv"), []byte(good), 0o600))
	return root
}

func TestServeSaysWhyItCannot(t *testing.T) {
	needLibrary(t)
	taken, _ := serve(t, "--data", t.TempDir())
	shared := t.TempDir()
	serve(t, "--data", shared)
	model := t.TempDir()
	require.NoError(t, os.CopyFS(model, os.DirFS("../../models/pinax-mini")))
	require.NoError(t, os.Truncate(filepath.Join(model, "onnx", "vision_model.onnx"), 1000))
	notADatabase := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(notADatabase, "pinax.db"), bytes.Repeat([]byte("x"), 100_000), 0o600))
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))

	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"second process on the folder": {[]string{"--data", shared}, "another"},
		"address in use":               {[]string{"--listen", strings.TrimPrefix(taken, "http://")}, "server.listen"},
		"damaged model file":           {[]string{"--set", "encoder.model=" + model}, "vision_model.onnx"},
		"missing model folder":         {[]string{"--set", "encoder.model=/nowhere"}, "/nowhere"},
		"missing library":              {[]string{"--set", "runtime.library=/nowhere.so"}, "/nowhere.so"},
		"unknown key":                  {[]string{"--set", "sever.listen=x"}, "sever"},
		"unknown log level":            {[]string{"--set", "log.level=loud"}, "log.level"},
		"damaged database":             {[]string{"--data", notADatabase}, "damaged"},
		"data folder is a file":        {[]string{"--data", file}, file},
		"unknown flag":                 {[]string{"--dta", "x"}, "--dta"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"serve", "--listen", "127.0.0.1:0", "--data", t.TempDir()}, tc.args...)
			_, errs, ok := pinax(t, args...)
			require.False(t, ok)
			require.Contains(t, errs, tc.want)
			require.NotContains(t, errs, "goroutine", "an error is not a stack trace")
		})
	}
	left, err := os.ReadFile(filepath.Join(notADatabase, "pinax.db"))
	require.NoError(t, err)
	require.Equal(t, bytes.Repeat([]byte("x"), 100_000), left, "a file that is refused is not touched")
}

func TestIngestSkipsRowByRow(t *testing.T) {
	needLibrary(t)
	address, _ := serve(t, "--data", t.TempDir())
	_, products := writeShop(t)
	shop := func(t *testing.T, table string) string {
		root := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(root, "p.csv"), []byte(table), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(root, "good.jpg"), products[0].JPEG, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(root, "empty.jpg"), nil, 0o600))
		return filepath.Join(root, "p.csv")
	}
	for name, tc := range map[string]struct {
		table, out string
		errs       []string
		fails      bool
	}{
		"repeated id":        {"id,title\n1,red\n2,blue\n1,green\n", "2 created, 0 updated, 0 unchanged, 1 skipped", []string{"line 4", "has the id of line 2"}, false},
		"zero-byte picture":  {"id,title,image\n1,red,good.jpg\n2,blue,empty.jpg\n", "1 created, 0 updated, 0 unchanged, 1 skipped", []string{"line 3", "no bytes"}, false},
		"id that is a path":  {"id,title\n../1,red\n/etc,blue\n", "2 created, 0 updated, 0 unchanged, 0 skipped", nil, false},
		"nothing is usable":  {"id,title,image\n1,red,empty.jpg\n,blue,\n", "0 created, 0 updated, 0 unchanged, 2 skipped", []string{"nothing was stored: all 2 rows were skipped"}, true},
		"nothing to be done": {"id,title\n", "0 created, 0 updated, 0 unchanged, 0 skipped", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, ok := pinax(t, "ingest", shop(t, tc.table), "-c", strings.ReplaceAll(name, " ", "-"), "--server", address, "-q")
			require.Equal(t, !tc.fails, ok, errs)
			require.Contains(t, out, tc.out)
			for _, want := range tc.errs {
				require.Contains(t, errs, want)
			}
			if tc.fails {
				lines := strings.Split(strings.TrimSpace(errs), "\n")
				require.Contains(t, lines[len(lines)-1], tc.errs[0], "the verdict comes last")
			}
		})
	}
}

func TestEmptyTextsAreRefusedHereAndThere(t *testing.T) {
	needLibrary(t)
	address, _ := serve(t, "--data", t.TempDir())
	for _, text := range []string{"", " \t"} {
		_, here, ok := pinax(t, "embed", "red dress", text)
		require.False(t, ok)
		_, there, ok := pinax(t, "embed", "red dress", text, "--server", address)
		require.False(t, ok)
		require.Contains(t, here, "text 2 is empty")
		require.Equal(t, here, there)
	}
}

func TestWarningsOfServe(t *testing.T) {
	needLibrary(t)
	model := t.TempDir()
	require.NoError(t, os.CopyFS(model, os.DirFS("../../models/pinax-mini")))
	require.NoError(t, os.Remove(filepath.Join(model, "pinax.yaml")))
	t.Setenv("PINAX_"+"SEVER_LISTEN", "127.0.0.1:1")
	_, errs, ok := pinax(t, "embed", "red dress", "--set", "encoder.model="+model)
	require.True(t, ok, errs)
	require.Contains(t, errs, "nearest=PINAX_SERVER_LISTEN")
	require.Contains(t, errs, "level=WARN")
	require.Contains(t, errs, "no checksum")
}

func TestIngestAgainstNoServer(t *testing.T) {
	table := filepath.Join(t.TempDir(), "p.csv")
	require.NoError(t, os.WriteFile(table, []byte("id,title\n1,x\n"), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // it would be patient for longer
	defer cancel()
	cmd := command(ctx, "ingest", table, "-c", "shop", "--server", "http://127.0.0.1:1", "-q")
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	require.Error(t, cmd.Run())
	_, errs, ok := pinax(t, "ingest", table, "-c", "shop", "--server", "nonsense")
	require.False(t, ok)
	require.Contains(t, errs, "not an http address")
}

func TestVersion(t *testing.T) {
	require.Contains(t, must(t, "version"), "pinax")
}
