package web_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"pinax/web"
)

func TestOtherNamesAreRefused(t *testing.T) {
	own := web.DefaultOptions()
	own.Hosts = []string{"Shop.example", "10.1.2.3", "2001:db8::1"}
	anyHost := web.DefaultOptions()
	anyHost.AnyHost = true
	for name, tc := range map[string]struct {
		options web.Options
		hosts   map[string]bool
	}{
		"loopback": {web.DefaultOptions(), map[string]bool{
			"localhost": true, "localhost:7740": true, "LocalHost.": true, "127.0.0.1": true, "127.0.0.1:80": true, "127.9.8.7:1": true,
			"[::1]": true, "[::1]:7740": true, "[::ffff:127.0.0.1]:1": true,
			"": false, "rebound.example": false, "rebound.example:7740": false, "localhost.rebound.example": false, "127.0.0.1.nip.example": false,
			"0.0.0.0": false, "[::]": false, "192.168.0.1": false, "2130706433": false, "127.1": false, "localhost:7740:1": false, "[::1": false,
		}},
		"own names": {own, map[string]bool{
			"shop.example": true, "SHOP.example:443": true, "10.1.2.3:7740": true, "[2001:db8::1]:7740": true, "[2001:db8:0::1]": true, "localhost": true,
			"rebound.example": false, "a.shop.example": false, "10.1.2.4": false,
		}},
		"any": {anyHost, map[string]bool{"rebound.example": true, "": true}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.serveWith(tc.options)
			for host, taken := range tc.hosts {
				for _, path := range []string{"/v1/collections", "/", "/none"} {
					r := newRequest(http.MethodGet, path, nil)
					r.Host = host
					a := f.send(r)
					if taken {
						require.NotEqual(t, http.StatusForbidden, a.status, "%q %s", host, path)
						continue
					}
					require.Equal(t, http.StatusForbidden, a.status, "%q %s", host, path)
					require.Equal(t, "forbidden", a.json(t)["code"])
					require.Contains(t, a.json(t)["hint"], "server.hosts")
				}
			}
		})
	}
}
