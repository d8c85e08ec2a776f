package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/web"
)

const shippedConfig = "../../config.yaml"

func TestShippedConfigShowsTheDefaults(t *testing.T) {
	c, err := loadConfig(shippedConfig, nil, nil)
	require.NoError(t, err)
	require.Equal(t, defaultConfig(), c)
	require.Equal(t, engine.DefaultOptions().Index, engine.IndexConfig(c.Index))
	require.Equal(t, web.DefaultOptions().BodyBytes, c.Server.BodyBytes)
}

func TestShippedConfigExplainsEveryKey(t *testing.T) {
	text, err := os.ReadFile(shippedConfig)
	require.NoError(t, err)
	for number, line := range strings.Split(string(text), "\n") {
		key, value, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(strings.TrimSpace(key), "#") || strings.TrimSpace(value) == "" {
			continue
		}
		require.Contains(t, value, "# ", "line %d: %s has no explanation", number+1, key)
	}
}

func TestConfigPrecedence(t *testing.T) {
	file := write(t, "server: {listen: 'file:1', grace: 5s}\nlog: {level: debug}\nindex: {m: 8}\n")
	c, err := loadConfig(file, []string{"PINAX_SERVER_LISTEN=env:2", "PINAX_INDEX_EF_CONSTRUCTION=77", "PINAX_LOG_LEVEL=warn", "OTHER=x"},
		map[string]string{"server.listen": "flag:3"})
	require.NoError(t, err)
	require.Equal(t, "flag:3", c.Server.Listen)
	require.Equal(t, "warn", c.Log.Level)
	require.Equal(t, 77, c.Index.EfConstruction)
	require.Equal(t, 8, c.Index.M)
	require.Equal(t, 5*time.Second, c.Server.Grace)
	require.Equal(t, defaultConfig().Storage, c.Storage, "what nobody sets stays")
}

func TestConfigRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		file  string
		env   []string
		flags map[string]string
		want  string
	}{
		"unknown key in the file":  {file: "sever: {listen: x}", want: "sever"},
		"unknown key by flag":      {flags: map[string]string{"server.lisen": "x"}, want: "lisen"},
		"text for a number":        {file: "index: {m: many}", want: "m"},
		"number without unit":      {env: []string{"PINAX_SERVER_GRACE=soon"}, want: "server.grace"},
		"time without a unit":      {file: "server: {grace: 20}", want: "unit"},
		"negative limit":           {env: []string{"PINAX_SERVER_BODY_BYTES=-1"}, want: "server.body_bytes"},
		"unknown index":            {flags: map[string]string{"index.kind": "tree"}, want: "index.kind"},
		"links out of range":       {file: "index: {m: 0}", want: "index.m"},
		"no threads":               {file: "encoder: {threads: -3}", want: "encoder.threads"},
		"empty data folder":        {env: []string{"PINAX_DATA="}, want: "data"},
		"broken YAML":              {file: "server: [", want: "configuration file"},
		"list instead of a string": {file: "data: [a, b]", want: "data"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loadConfig(write(t, tc.file), tc.env, tc.flags)
			require.ErrorContains(t, err, tc.want)
		})
	}
	_, err := loadConfig("none.yaml", nil, nil)
	require.ErrorIs(t, err, os.ErrNotExist, "a file that is named must be there")
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
