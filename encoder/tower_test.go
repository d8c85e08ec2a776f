package encoder

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/encoder/onnx"
)

func TestFindOutput(t *testing.T) {
	port := func(name string, shape ...int64) onnx.Port {
		return onnx.Port{Name: name, Shape: shape, Type: onnx.Float32}
	}
	hidden, pooler := port("last_hidden_state", -1, -1, 32), port("pooler_output", -1, 32)
	for _, c := range []struct {
		name      string
		ports     []onnx.Port
		embedding string
		pooling   pooling
		want      string // "" for none
		kind      outputKind
		width     int
	}{
		{name: "none"},
		{name: "two that could be it", ports: []onnx.Port{port("a", -1, 32), port("b", -1, 32)}},
		{name: "tokens, and nobody says how to pool them", ports: []onnx.Port{hidden}},
		{name: "places of an unknown number", ports: []onnx.Port{port("features", -1, 48, -1, -1)}},
		{name: "whole numbers", ports: []onnx.Port{{Name: "ids", Shape: []int64{-1, 32}, Type: onnx.Int64}}},
		{name: "no tokens to pool", ports: []onnx.Port{pooler}, pooling: meanPooling},
		{name: "by its name", ports: []onnx.Port{hidden, pooler, port("text_embeds", -1, 24)}, embedding: "text_embeds", want: "text_embeds", width: 24},
		{name: "by its name, whatever the pooling", ports: []onnx.Port{hidden, port("sentence_embedding", -1, 24)},
			embedding: "sentence_embedding", pooling: meanPooling, want: "sentence_embedding", width: 24},
		{name: "the pooled one", ports: []onnx.Port{hidden, pooler}, want: "pooler_output", width: 32},
		{name: "tokens to pool", ports: []onnx.Port{hidden, pooler}, pooling: meanPooling, want: "last_hidden_state", kind: tokensOutput, width: 32},
		{name: "the last of all layers", ports: []onnx.Port{hidden, port("hidden_states.0", -1, -1, 32)}, pooling: firstPooling,
			want: "last_hidden_state", kind: tokensOutput, width: 32},
		{name: "the only one", ports: []onnx.Port{port("output", -1, 24)}, want: "output", width: 24},
		{name: "of a width that it does not say", ports: []onnx.Port{port("output", -1, -1)}, want: "output"},
		{name: "a pooled one at one place", ports: []onnx.Port{port("last_hidden_state", -1, 48, 7, 7), port("pooler_output", -1, 48, 1, 1)},
			want: "pooler_output", kind: placesOutput, width: 48},
		{name: "places", ports: []onnx.Port{port("last_hidden_state", -1, 48, 7, 7)}, want: "last_hidden_state", kind: placesOutput, width: 48},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := findOutput(c.ports, c.embedding, c.pooling)
			if c.want == "" {
				require.ErrorContains(t, err, "clearly an embedding")
				return
			}
			require.NoError(t, err)
			require.Equal(t, [3]any{c.want, c.kind, c.width}, [3]any{o.name, o.kind, o.width})
		})
	}
}
