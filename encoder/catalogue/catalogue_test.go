package catalogue

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/encoder/hub"
)

func TestEveryEntryIsWhole(t *testing.T) {
	all, err := Load()
	require.NoError(t, err)
	name := regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
	language := regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][A-Za-z]+)?$`)
	fields := map[string]bool{}
	for f := range reflect.TypeFor[Model]().Fields() {
		fields[f.Tag.Get("yaml")] = true
	}
	seen := map[string]bool{}
	for _, m := range all {
		t.Run(m.Name, func(t *testing.T) {
			require.Regexp(t, name, m.Name)
			require.False(t, seen[m.Name], "twice")
			seen[m.Name] = true
			if m.Repo != "" {
				_, err := hub.ParseRef(m.Repo)
				require.NoError(t, err)
			}
			require.Contains(t, m.Of, "/")
			require.NotEmpty(t, m.Architecture)
			require.Greater(t, m.Parameters, 10.0)
			require.Less(t, m.Parameters, 10_000.0, "in millions")
			require.Contains(t, []int{512, 640, 768, 1024, 1152}, m.Dimension)
			require.Contains(t, []int{224, 256, 336, 384, 512}, m.Image)
			require.GreaterOrEqual(t, m.Tokens, 52)
			require.NotEmpty(t, m.Languages)
			for _, l := range m.Languages {
				require.Regexp(t, language, l)
			}
			require.NotEmpty(t, m.Licence)
			require.Contains(t, []string{Yes, No, Unclear}, m.Commercial)
			require.False(t, m.Commercial == Yes && strings.Contains(m.Licence, "NC"), "non-commercial licences are no yes")
			require.Contains(t, []string{"a", "b"}, m.Source)
			for _, q := range []float64{m.Quality.ImageNet, m.Quality.COCO} {
				require.True(t, q == 0 || q > 20 && q < 100, "in per cent")
			}
			for _, field := range m.Unverified {
				require.True(t, fields[field], "%s is no field", field)
			}
		})
	}
	for _, family := range []string{"CLIP ViT-B/32", "CLIP ViT-B/16", "CLIP ViT-L/14", "CLIP ResNet-50", "OpenCLIP", "SigLIP ", "SigLIP 2",
		"MobileCLIP S", "MobileCLIP 2", "Chinese-CLIP", "M-CLIP", "jina-clip v1", "jina-clip v2"} {
		found := false
		for _, m := range all {
			found = found || strings.HasPrefix(m.Architecture, family)
		}
		require.True(t, found, family)
	}
}

func TestFind(t *testing.T) {
	all, err := Load()
	require.NoError(t, err)
	for _, known := range []string{"clip-vit-b32", "CLIP-ViT-B32", "Xenova/clip-vit-base-patch32", "openai/clip-vit-base-patch32"} {
		m, ok := all.Find(known)
		require.True(t, ok, known)
		require.Equal(t, "clip-vit-b32", m.Name)
	}
	_, ok := all.Find("")
	require.False(t, ok)
}
