package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatIsWorthRepeating(t *testing.T) {
	network := func(err error) error { return &url.Error{Op: "Get", URL: "http://127.0.0.1:7740/readyz", Err: err} }
	for name, tc := range map[string]struct {
		err   error
		worth bool
	}{
		"nothing wrong":         {nil, false},
		"nobody listens":        {network(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), true},
		"connection reset":      {network(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), true},
		"connection closed":     {network(io.EOF), true},
		"closed while idle":     {network(errors.New("http: server closed idle connection")), true},
		"answer cut":            {network(io.ErrUnexpectedEOF), true},
		"name server is busy":   {network(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "server misbehaving", IsTemporary: true}}), true},
		"no such name":          {network(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}), false},
		"not an address":        {network(&net.OpError{Op: "dial", Err: &net.AddrError{Err: "invalid port"}}), false},
		"unknown authority":     {network(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}), false},
		"another name":          {network(x509.HostnameError{Host: "x", Certificate: &x509.Certificate{}}), false},
		"TLS to something else": {network(tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}), false},
		"HTTP behind https":     {network(http.ErrSchemeMismatch), false},
		"TLS alert":             {network(&net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")}), false},
		"cancelled":             {network(context.Canceled), false},
		"unsupported scheme":    {&url.Error{Op: "Get", URL: "ftp://127.0.0.1/", Err: errors.New("unsupported protocol scheme")}, false},
		"busy server":           {&Error{Status: http.StatusServiceUnavailable}, true},
		"slow body":             {&Error{Status: http.StatusRequestTimeout}, true},
		"bad request":           {&Error{Status: http.StatusBadRequest}, false},
		"answer not expected":   {errors.New("the answer is not what is expected"), false},
	} {
		t.Run(name, func(t *testing.T) {
			_, again := retry(tc.err, time.Millisecond)
			require.Equal(t, tc.worth, again)
		})
	}
}

// TestRealFailuresAreRecognised makes the errors as the standard library makes them.
func TestRealFailuresAreRecognised(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	away := httptest.NewServer(http.RedirectHandler("ftp://127.0.0.1/", http.StatusFound))
	defer away.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, tc := range map[string]struct {
		address string
		worth   bool
	}{
		"unknown authority": {secure.URL, false},
		"HTTP behind https": {"https" + plain.URL[len("http"):], false},
		"redirect to ftp":   {away.URL, false},
		"no port":           {"http://127.0.0.1:99999", false},
		"nobody listens":    {gone.URL, true},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := New(tc.address)
			require.NoError(t, err)
			_, err = c.send(t.Context(), request{method: http.MethodGet, path: "/readyz"})
			require.Error(t, err)
			_, again := retry(err, time.Millisecond)
			require.Equal(t, tc.worth, again, "%v", err)
		})
	}
}
