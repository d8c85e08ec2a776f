package main

import (
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/web"
)

func TestHostsAreRestricted(t *testing.T) {
	for name, tc := range map[string]struct {
		listening string
		hosts     []string
		anyHost   bool
	}{
		"loopback":                {"127.0.0.1", nil, false},
		"loopback, version 6":     {"::1", nil, false},
		"loopback, with names":    {"127.0.0.1", []string{"shop.example"}, false},
		"every address":           {"0.0.0.0", nil, true},
		"every address, named":    {"::", []string{"shop.example"}, false},
		"an address of a network": {"192.0.2.1", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			var o web.Options
			restrictHosts(&o, &net.TCPAddr{IP: net.ParseIP(tc.listening)}, tc.hosts)
			require.Equal(t, tc.anyHost, o.AnyHost)
			require.Equal(t, tc.hosts, o.Hosts)
		})
	}
}

func TestHostsFromEverySource(t *testing.T) {
	for name, tc := range map[string]struct {
		file    string
		environ []string
		flags   map[string]string
	}{
		"file":        {"server: {hosts: [a.example, b.example]}\n", nil, nil},
		"environment": {"server: {hosts: [c.example]}\n", []string{"PINAX_SERVER_HOSTS=a.example,b.example"}, nil},
		"flag":        {"{}\n", nil, map[string]string{"server.hosts": "a.example,b.example"}},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := loadConfig(write(t, tc.file), tc.environ, tc.flags)
			require.NoError(t, err)
			require.Equal(t, []string{"a.example", "b.example"}, c.Server.Hosts)
		})
	}
}

func TestServeRefusesOtherNames(t *testing.T) {
	needLibrary(t)
	address, _ := serve(t, "--data", t.TempDir(), "--set", "server.hosts=shop.example")
	for host, status := range map[string]int{"": 200, "shop.example": 200, "rebound.example": 403} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/v1/collections", nil)
		require.NoError(t, err)
		r.Host = host
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, status, resp.StatusCode, host)
	}
}
