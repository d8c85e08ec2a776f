package source_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/cmd/pinax/source"
)

// folder makes files below a temporary folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	return root
}

func archive(t *testing.T, zipped bool, files [][2]string) string {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, f := range files {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: f[0], Mode: 0o600, Size: int64(len(f[1])), Typeflag: tar.TypeReg}))
		_, err := w.Write([]byte(f[1]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	path := filepath.Join(t.TempDir(), "pictures.tar")
	data := buf.Bytes()
	if zipped {
		var z bytes.Buffer
		gz := gzip.NewWriter(&z)
		_, err := gz.Write(data)
		require.NoError(t, err)
		require.NoError(t, gz.Close())
		path, data = path+".gz", z.Bytes()
	}
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

func read(t *testing.T, path string, o source.Options) (rows map[string]source.Row, total int) {
	t.Helper()
	src, err := source.Open(path, o)
	require.NoError(t, err)
	rows = map[string]source.Row{}
	for row := range src.Rows(t.Context()) {
		key := row.ID
		if key == "" {
			key = row.Place
		}
		rows[key] = row
	}
	return rows, src.Total
}

const products = "\uFEFFid,title,description,brand,price\n" +
	"1,红色连衣裙,\"long, red\",Turtle,\"1,299.50\"\n" +
	"2,Blue shoes,,Puma,20\n"

func TestTable(t *testing.T) {
	root := folder(t, map[string]string{"p.csv": products, "1.jpg": "one", "sub/x.png": "no"})
	rows, total := read(t, filepath.Join(root, "p.csv"), source.Options{})
	require.Equal(t, 2, total)
	require.Equal(t, source.Row{
		Place: "line 2", ID: "1", Texts: map[string]string{"title": "红色连衣裙", "description": "long, red"},
		Attributes: map[string]any{"brand": "Turtle", "price": "1,299.50"}, Images: [][]byte{[]byte("one")},
	}, rows["1"])
	require.Empty(t, rows["2"].Images, "a row whose picture is missing still has its text")
	require.NoError(t, rows["2"].Err)
	require.NoError(t, rows["2"].Missing, "nobody said that it has one")
	rows, _ = read(t, filepath.Join(root, "p.csv"), source.Options{Pictures: root})
	require.ErrorIs(t, rows["2"].Missing, os.ErrNotExist)
	require.NotContains(t, rows["2"].Texts, "description", "an empty cell is no text")
}

func TestTableOptions(t *testing.T) {
	root := folder(t, map[string]string{
		"p.tsv":        "sku\tfile\tname\tprice\tsale\tsplit\na\tx/1.png\tRed\t1,299.50\tTRUE\ttest\nb\t2.png\tBlue\t29,90\tno\ttest\nc\t3.png\tGreen\t1\t1\ttrain\n",
		"pics/x/1.png": "one", "pics/2.png": "two",
	})
	rows, total := read(t, filepath.Join(root, "p.tsv"), source.Options{
		ID: "sku", Picture: "file", Texts: []string{"name"}, Attributes: []string{"price:number", "sale:bool"},
		Where: map[string]string{"split": "test"}, Pictures: filepath.Join(root, "pics"),
	})
	require.Equal(t, 2, total)
	require.Equal(t, map[string]any{"price": json.Number("1299.50"), "sale": true}, rows["a"].Attributes)
	require.Equal(t, [][]byte{[]byte("one")}, rows["a"].Images)
	require.ErrorContains(t, rows["b"].Err, "not a number")
	require.NotContains(t, rows, "c")
}

func TestBadRowsDoNotSpoilTheOthers(t *testing.T) {
	root := folder(t, map[string]string{"p.csv": "id,title\n1,ok\n2\n,no id\n4,\"bad\"quote\n5,\xff\xfe\n6,../../etc/passwd\n7,ok\n"})
	rows, _ := read(t, filepath.Join(root, "p.csv"), source.Options{})
	require.NoError(t, rows["1"].Err)
	require.NoError(t, rows["7"].Err)
	for place, reason := range map[string]string{"line 3": "wrong number of fields", "line 4": "has no id", "line 5": "quote"} {
		require.ErrorContains(t, rows[place].Err, reason, place)
	}
	require.ErrorContains(t, rows["line 6"].Err, "UTF-8")
}

// TestIDsThatAreNoFileNames reads a table of texts only. Its ids are tried as names of pictures, which nobody promised.
func TestIDsThatAreNoFileNames(t *testing.T) {
	ids := map[string]string{
		"leads out": "../up", "absolute": "/etc/hostname", "folder": "shoes", "below a file": "p.csv/1", "dots": "..",
		"file that is no picture": "p.csv", "too long": strings.Repeat("x", 300), "NUL": "a\x00b", "folder like a picture": "dir.png",
	}
	table := "id,title\n"
	for _, id := range ids {
		table += id + ",something\n"
	}
	root := folder(t, map[string]string{"p.csv": table + "bare,\n", "shoes/1.png": "inside", "shoes.jpg": "the shoes", "dir.png/x": "x"})
	rows, _ := read(t, filepath.Join(root, "p.csv"), source.Options{})
	for name, id := range ids {
		require.NoError(t, rows[id].Err, name)
		require.NoError(t, rows[id].Missing, name)
		require.Equal(t, "something", rows[id].Texts["title"], name)
	}
	require.Equal(t, [][]byte{[]byte("the shoes")}, rows["shoes"].Images, "a folder does not hide the picture")
	require.Empty(t, rows["p.csv"].Images, "the table is no picture")
	require.ErrorContains(t, rows["bare"].Err, "neither a text nor a picture")
}

func TestUnclosedQuoteCostsOneRow(t *testing.T) {
	for name, tc := range map[string]struct {
		table string
		bad   map[string]string // place → reason
	}{
		"to the end":               {"id,title\n1,ok\n2,\"open\n3,ok\n4,ok\n", map[string]string{"lines 3 to 5": "not closed"}},
		"to another quote":         {"id,title\n1,ok\n2,\"open\n3,ok\n4,\"o\"\"k\"\n", map[string]string{"lines 3 to 5": "from line 4"}},
		"two in a row":             {"id,title\n1,ok\n2,\"open\n5,\"open\n3,ok\n4,ok\n", map[string]string{"lines 3 to 4": "not closed", "lines 4 to 6": "not closed"}},
		"within a bare field":      {"id,title\n1,ok\n2,12\" screen\n3,ok\n4,ok\n", map[string]string{"line 3": "quote"}},
		"the last line":            {"id,title\n1,ok\n3,ok\n4,ok\n2,\"open", map[string]string{"line 5": "quote"}},
		"carriage returns as well": {"id,title\r\n1,ok\r\n2,\"open\r\n3,ok\r\n4,ok", map[string]string{"lines 3 to 5": "not closed"}},
	} {
		t.Run(name, func(t *testing.T) {
			rows, _ := read(t, filepath.Join(folder(t, map[string]string{"p.csv": tc.table}), "p.csv"), source.Options{})
			for _, id := range []string{"1", "3", "4"} {
				require.NoError(t, rows[id].Err)
				require.Contains(t, rows, id)
			}
			require.Len(t, rows, 3+len(tc.bad))
			for place, reason := range tc.bad {
				require.ErrorContains(t, rows[place].Err, reason, place)
			}
		})
	}
}

func TestQuotedLineEndsStay(t *testing.T) {
	root := folder(t, map[string]string{"p.csv": "id,title\n1,\"two\nlines, and a \"\"quote\"\"\"\n\n2,ok\n3,x,y\n"})
	rows, _ := read(t, filepath.Join(root, "p.csv"), source.Options{})
	require.Equal(t, "two\nlines, and a \"quote\"", rows["1"].Texts["title"])
	require.Equal(t, "lines 2 to 3", rows["1"].Place)
	require.Equal(t, "line 5", rows["2"].Place)
	require.ErrorContains(t, rows["line 6"].Err, "wrong number of fields")
}

func TestTSVKnowsNoQuotes(t *testing.T) {
	root := folder(t, map[string]string{"p.tsv": "id\ttitle\r\n1\t\"open\r\n\r\n2\t12\" screen\n3\ta\tb\n4\t\"all\"\n"})
	rows, total := read(t, filepath.Join(root, "p.tsv"), source.Options{})
	require.Equal(t, 4, total)
	require.Equal(t, "\"open", rows["1"].Texts["title"])
	require.Equal(t, "12\" screen", rows["2"].Texts["title"])
	require.Equal(t, "line 4", rows["2"].Place)
	require.ErrorContains(t, rows["line 5"].Err, "wrong number of fields")
	require.Equal(t, "\"all\"", rows["4"].Texts["title"])
}

func TestLoneCarriageReturnsEndLines(t *testing.T) {
	for name, table := range map[string]string{
		"all":                     "id,title\r1,one\r2,two\r",
		"none at the end":         "id,title\r1,one\r2,two",
		"feeds within a cell":     "id,title,description\r1,one,\"a\nb\"\r2,two,x\r",
		"feeds in the head":       "id,title,\"de\nscription\"\r1,one,x\r2,two,x\r",
		"with a byte order mark":  "\uFEFFid,title\r1,one\r2,two\r",
		"doubled by a conversion": "id,title\r\r\n1,one\r\r\n2,two\r\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			rows, total := read(t, filepath.Join(folder(t, map[string]string{"p.csv": table}), "p.csv"), source.Options{})
			require.Equal(t, 2, total)
			require.Equal(t, "one", rows["1"].Texts["title"])
			require.Equal(t, "two", rows["2"].Texts["title"])
		})
	}
	rows, _ := read(t, filepath.Join(folder(t, map[string]string{"p.tsv": "id\ttitle\r1\t\"one\r"}), "p.tsv"), source.Options{})
	require.Equal(t, "\"one", rows["1"].Texts["title"])
}

func TestNamesMustNotLeadOutOfTheFolder(t *testing.T) {
	root := folder(t, map[string]string{"secret.png": "secret", "in/p.csv": "id,image\n1,../secret.png\n"})
	rows, _ := read(t, filepath.Join(root, "in", "p.csv"), source.Options{})
	require.Error(t, rows["1"].Err)
	require.Empty(t, rows["1"].Images)
}

func TestTableWithArchive(t *testing.T) {
	for _, zipped := range []bool{false, true} {
		root := folder(t, map[string]string{"p.csv": "id,title\n1,one\n2,two\n3,three\n4,\n"})
		pictures := archive(t, zipped, [][2]string{{"photos/3.jpg", "P3"}, {"photos/1.jpg", "P1"}, {"other/9.jpg", "P9"}, {"readme.txt", "no"}})
		rows, total := read(t, filepath.Join(root, "p.csv"), source.Options{Pictures: pictures})
		require.Equal(t, 4, total)
		require.Equal(t, [][]byte{[]byte("P1")}, rows["1"].Images)
		require.Equal(t, [][]byte{[]byte("P3")}, rows["3"].Images)
		require.NoError(t, rows["2"].Err, "it still has its text")
		require.ErrorIs(t, rows["4"].Err, os.ErrNotExist, "without picture and text nothing is left")
	}
}

func TestTruncatedArchiveIsReported(t *testing.T) {
	root := folder(t, map[string]string{"p.csv": "id,title\n1,one\n"})
	pictures := archive(t, true, [][2]string{{"1.jpg", strings.Repeat("x", 5000)}, {"2.jpg", "y"}})
	data, err := os.ReadFile(pictures)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(pictures, data[:len(data)/2], 0o600))
	src, err := source.Open(filepath.Join(root, "p.csv"), source.Options{Pictures: pictures})
	require.NoError(t, err)
	var last source.Row
	for last = range src.Rows(t.Context()) {
	}
	require.Error(t, last.Err)
}

func TestArchiveNamesTellFoldersApart(t *testing.T) {
	root := folder(t, map[string]string{"p.csv": "id,image,title\nA,a/1.jpg,red\nB,./b/1.jpg,blue\nC,1.jpg,which\nD,2,two\n"})
	pictures := archive(t, false, [][2]string{{"b/1.jpg", "blue"}, {"./a/1.jpg", "red"}, {"x/2.png", "two"}})
	rows, _ := read(t, filepath.Join(root, "p.csv"), source.Options{Pictures: pictures})
	require.Equal(t, [][]byte{[]byte("red")}, rows["A"].Images)
	require.Equal(t, [][]byte{[]byte("blue")}, rows["B"].Images)
	require.ErrorContains(t, rows["C"].Err, "may be")
	require.Equal(t, [][]byte{[]byte("two")}, rows["D"].Images)
}

func TestNDJSON(t *testing.T) {
	root := folder(t, map[string]string{"1.png": "one", "p.ndjson": `{"id":"a","texts":{"title":"x"},"attributes":{"n":9007199254740993},"images":[{"file":"1.png"},{"base64":"dHdv"}]}

{"id":"b","txts":{}}
{"texts":{"title":"no id"}}
not json
{"id":"c","images":[{"file":"../x.png"}]}
{"id":"d","images":[{}]}
{"id":"f","texts":{"title":"x"}} {"id":"g"}
{"id":"e","texts":{"title":"last"}}`})
	rows, total := read(t, filepath.Join(root, "p.ndjson"), source.Options{})
	require.Equal(t, 8, total)
	require.Equal(t, [][]byte{[]byte("one"), []byte("two")}, rows["a"].Images)
	require.Equal(t, json.Number("9007199254740993"), rows["a"].Attributes["n"])
	require.Equal(t, "line 1", rows["a"].Place)
	require.ErrorContains(t, rows["line 3"].Err, "txts")
	require.ErrorContains(t, rows["line 4"].Err, "no id")
	require.Error(t, rows["line 5"].Err)
	require.Error(t, rows["c"].Err)
	require.Error(t, rows["d"].Err)
	require.ErrorContains(t, rows["line 8"].Err, "behind the item")
	require.NoError(t, rows["e"].Err)
}

func TestFolder(t *testing.T) {
	root := folder(t, map[string]string{"a.JPG": "A", "sub/b c.webp": "B", "notes.txt": "no"})
	rows, total := read(t, root, source.Options{})
	require.Equal(t, 2, total)
	require.Equal(t, [][]byte{[]byte("A")}, rows["a.JPG"].Images)
	require.Equal(t, [][]byte{[]byte("B")}, rows["sub/b c.webp"].Images)
}

func TestOpenRefuses(t *testing.T) {
	root := folder(t, map[string]string{
		"twice.csv": "id,title,title\n", "empty.csv": "", "head.csv": "id,title\n", "other.csv": "sku,title\n1,x\n", "p.txt": "x", "broken.tar.gz": "no gzip", "p.zip": "x",
	})
	for name, tc := range map[string]struct {
		path string
		o    source.Options
	}{
		"missing":              {"none.csv", source.Options{}},
		"unknown kind":         {"p.txt", source.Options{}},
		"empty table":          {"empty.csv", source.Options{}},
		"column twice":         {"twice.csv", source.Options{}},
		"no id column":         {"other.csv", source.Options{}},
		"unknown text column":  {"head.csv", source.Options{Texts: []string{"name"}}},
		"unknown type":         {"head.csv", source.Options{Attributes: []string{"title:colour"}}},
		"unknown where column": {"head.csv", source.Options{Where: map[string]string{"split": "x"}}},
		"missing pictures":     {"head.csv", source.Options{Pictures: "none.tar"}},
		"pictures of no kind":  {"head.csv", source.Options{Pictures: filepath.Join(root, "p.zip")}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := source.Open(filepath.Join(root, tc.path), tc.o)
			require.Error(t, err)
		})
	}
	src, err := source.Open(filepath.Join(root, "head.csv"), source.Options{})
	require.NoError(t, err)
	require.Zero(t, src.Total, "a table of only a head is empty, not broken")
}

func TestCancelledReadingSaysSo(t *testing.T) {
	root := folder(t, map[string]string{"p.csv": "id,title\n1,a\n2,b\n"})
	src, err := source.Open(filepath.Join(root, "p.csv"), source.Options{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last source.Row
	for last = range src.Rows(ctx) {
		cancel()
	}
	require.ErrorIs(t, last.Err, context.Canceled)
}

func FuzzNDJSON(f *testing.F) {
	f.Add([]byte(`{"id":"a","texts":{"title":"x"},"images":[{"base64":"dHdv"}]}` + "\n{}"))
	f.Add([]byte("\xff\n{\"id\":1}"))
	f.Fuzz(func(t *testing.T, data []byte) { fuzz(t, "p.ndjson", data) })
}

func FuzzTable(f *testing.F) {
	f.Add([]byte(products))
	f.Add([]byte("id,id\n\"\n"))
	f.Add([]byte("id\ttitle\r1\t\"x\r"))
	f.Fuzz(func(t *testing.T, data []byte) { fuzz(t, "p.csv", data); fuzz(t, "p.tsv", data) })
}

// fuzz reads any bytes: every row has an error or an id, and a place.
func fuzz(t *testing.T, name string, data []byte) {
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	src, err := source.Open(path, source.Options{})
	if err != nil {
		return
	}
	for row := range src.Rows(t.Context()) {
		if row.Err == nil && (row.ID == "" || row.Place == "") {
			t.Fatalf("row without id or place: %+v", row)
		}
	}
}
