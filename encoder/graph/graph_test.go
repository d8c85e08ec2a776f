package graph

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
)

const models = "../testdata/architectures"

func readModel(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(models, name))
	require.NoError(tb, err)
	return data
}

func TestParseRefuses(t *testing.T) {
	good := readModel(t, "hybrid/onnx/text_encoder.onnx")
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"nothing", nil},
		{"text", []byte("<!doctype html>")},
		{"no graph", []byte{0x08, 0x08}},
		{"a graph that is a number", []byte{0x38, 0x01}},
		{"half a file", good[:len(good)/2]},
		{"a node that is no message", msg(modelGraph, msg(graphNode, []byte{0xff}))},
		{"a weight that is no message", msg(modelGraph, msg(graphInitializer, []byte{0x0a}))},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(c.data)
			require.ErrorIs(t, err, ErrMalformed)
		})
	}
}

func msg(number protowire.Number, value []byte) []byte { return appendBytes(nil, number, value) }

func TestKeepCutsOneTower(t *testing.T) {
	data := readModel(t, "clip-vit-336/onnx/model.onnx")
	both, err := Parse(data)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"input_ids", "pixel_values", "attention_mask"}, both.Inputs)
	require.Equal(t, []string{"logits_per_image", "logits_per_text", "text_embeds", "image_embeds"}, both.Outputs)
	require.ErrorIs(t, both.Keep("nonsense"), ErrOutput)

	sizes := 0
	for output, inputs := range map[string][]string{
		"text_embeds": {"input_ids", "attention_mask"}, "image_embeds": {"pixel_values"},
	} {
		g, err := Parse(data)
		require.NoError(t, err)
		require.NoError(t, g.Keep(output))
		require.ElementsMatch(t, inputs, g.Inputs)
		require.Equal(t, []string{output}, g.Outputs)
		cut, err := g.Encode(nil)
		require.NoError(t, err)
		again, err := Parse(cut)
		require.NoError(t, err)
		require.ElementsMatch(t, inputs, again.Inputs)
		require.Equal(t, []string{output}, again.Outputs)
		sizes += len(cut)
	}
	require.Less(t, sizes, len(data)+len(data)/10, "weights are in both halves")
}

func TestEncodeOfAllIsTheFile(t *testing.T) {
	data := readModel(t, "siglip/onnx/text_model.onnx")
	g, err := Parse(data)
	require.NoError(t, err)
	got, err := g.Encode(nil)
	require.NoError(t, err)
	want, err := fields(data)
	require.NoError(t, err)
	all, err := fields(got)
	require.NoError(t, err)
	require.Len(t, all, len(want))
	for _, f := range want {
		require.True(t, slices.ContainsFunc(all, func(g field) bool { return bytes.Equal(f.whole, g.whole) }), "field %d", f.number)
	}
}

func TestEncodeBringsWeightsHome(t *testing.T) {
	data := readModel(t, "m-clip/onnx/text_model.onnx")
	g, err := Parse(data)
	require.NoError(t, err)
	files, err := g.External()
	require.NoError(t, err)
	require.Equal(t, []string{"text_model.onnx_data"}, files)
	whole, err := g.Encode(os.DirFS(filepath.Join(models, "m-clip/onnx")))
	require.NoError(t, err)
	again, err := Parse(whole)
	require.NoError(t, err)
	files, err = again.External()
	require.NoError(t, err)
	require.Empty(t, files)
	weights := readModel(t, "m-clip/onnx/text_model.onnx_data")
	require.Greater(t, len(whole), len(weights))

	t.Run("missing", func(t *testing.T) {
		_, err := g.Encode(fstest.MapFS{})
		require.ErrorIs(t, err, ErrExternal)
		require.ErrorIs(t, err, fs.ErrNotExist)
	})
	t.Run("truncated", func(t *testing.T) {
		_, err := g.Encode(fstest.MapFS{"text_model.onnx_data": {Data: weights[:len(weights)-1]}})
		require.ErrorIs(t, err, ErrExternal)
	})
	t.Run("a folder", func(t *testing.T) {
		_, err := g.Encode(fstest.MapFS{"text_model.onnx_data/x": {}})
		require.ErrorIs(t, err, ErrExternal)
	})
}

// external makes a graph of one weight that lies elsewhere.
func external(location, offset, length string) []byte {
	tensor := appendBytes(nil, tensorName, []byte("w"))
	for key, value := range map[string]string{"location": location, "offset": offset, "length": length} {
		entry := appendBytes(appendBytes(nil, entryKey, []byte(key)), entryValue, []byte(value))
		tensor = appendBytes(tensor, tensorExternal, entry)
	}
	tensor = protowire.AppendVarint(protowire.AppendTag(tensor, tensorLocation, protowire.VarintType), 1)
	return msg(modelGraph, msg(graphInitializer, tensor))
}

func TestExternalStaysInTheFolder(t *testing.T) {
	files := fstest.MapFS{"w.bin": {Data: make([]byte, 100)}}
	for _, c := range []struct {
		name, location, offset, length string
		wanted                         error
	}{
		{"good", "w.bin", "4", "8", nil},
		{"a folder above", "../w.bin", "0", "8", ErrExternal},
		{"from the root", "/etc/passwd", "0", "8", ErrExternal},
		{"no file", "", "0", "8", ErrExternal},
		{"the folder itself", ".", "0", "8", ErrExternal},
		{"before the beginning", "w.bin", "-1", "8", ErrExternal},
		{"beyond the end", "w.bin", "96", "8", ErrExternal},
		{"far beyond the end", "w.bin", "9223372036854775807", "8", ErrExternal},
		{"too long", "w.bin", "0", "9223372036854775807", ErrTooLarge},
		{"no number", "w.bin", "x", "8", ErrMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := Parse(external(c.location, c.offset, c.length))
			require.NoError(t, err)
			_, err = g.Encode(files)
			require.ErrorIs(t, err, c.wanted)
		})
	}
}

// branched is a graph whose one node has a branch that uses a weight of the graph around it.
func branched() []byte {
	inner := msg(graphNode, append(msg(nodeInput, []byte("outer")), msg(nodeOutput, []byte("then"))...))
	node := append(msg(nodeInput, []byte("condition")), msg(nodeOutput, []byte("y"))...)
	node = append(node, msg(nodeAttribute, msg(attributeGraph, inner))...)
	var g []byte
	g = append(g, msg(graphNode, node)...)
	for _, name := range []string{"outer", "other"} {
		g = append(g, msg(graphInitializer, msg(tensorName, []byte(name)))...)
	}
	g = append(g, msg(graphInput, msg(valueInfoName, []byte("condition")))...)
	g = append(g, msg(graphOutput, msg(valueInfoName, []byte("y")))...)
	return msg(modelGraph, g)
}

func TestKeepLooksIntoBranches(t *testing.T) {
	g, err := Parse(branched())
	require.NoError(t, err)
	require.NoError(t, g.Keep("y"))
	data, err := g.Encode(nil)
	require.NoError(t, err)
	require.Contains(t, string(data), "outer")
	require.NotContains(t, string(data), "other")
}

func TestParseRefusesDepth(t *testing.T) {
	node := msg(nodeInput, []byte("x"))
	for range 100 {
		node = msg(nodeAttribute, msg(attributeGraph, msg(graphNode, node)))
	}
	_, err := Parse(msg(modelGraph, msg(graphNode, node)))
	require.ErrorIs(t, err, ErrMalformed)
	require.ErrorContains(t, err, "inside of one another")
}

func FuzzGraph(f *testing.F) {
	f.Add(branched())
	f.Add(external("w.bin", "0", "4"))
	f.Add(readModel(f, "hybrid/onnx/text_encoder.onnx")[:2000])
	files := fstest.MapFS{"w.bin": {Data: make([]byte, 100)}}
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := Parse(data)
		if err != nil {
			return
		}
		_, _ = g.External()
		for _, output := range g.Outputs {
			cut, err := Parse(data)
			require.NoError(t, err)
			require.NoError(t, cut.Keep(output))
			if encoded, err := cut.Encode(files); err == nil {
				_, err := Parse(encoded)
				require.NoError(t, err)
			}
		}
	})
}
