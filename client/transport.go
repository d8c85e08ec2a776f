package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Error is a failure that the server explains (RFC 9457).
type Error struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Hint   string `json:"hint"`

	retryAfter time.Duration
}

// Error implements error.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s (%s, HTTP %d)", e.Detail, e.Code, e.Status)
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// temporary reports whether the same request may succeed later.
func (e *Error) temporary() bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// Client talks to one server. It is safe for concurrent use.
type Client struct {
	base string
	http *http.Client
	// Patience bounds how long a call is repeated while the server is busy or cannot be reached. Zero: not at all.
	Patience time.Duration
}

// New returns a client of the server at an address such as "http://127.0.0.1:7740".
func New(address string) (*Client, error) {
	if !isHTTP(address) {
		return nil, fmt.Errorf("%q is not an http address", address)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 256 // an ingestion keeps many requests under way
	return &Client{base: strings.TrimSuffix(address, "/"), http: &http.Client{Transport: transport}, Patience: 30 * time.Second}, nil
}

// request is a call that can be sent more than once.
type request struct {
	method, path string
	contentType  string
	body         []byte
	once         bool // repeating it would do it twice
}

// jsonRequest makes a request with a JSON body; nil: without.
func jsonRequest(method, path string, body any) (request, error) {
	r := request{method: method, path: path, once: method == http.MethodPost}
	if body == nil {
		return r, nil
	}
	data, err := json.Marshal(body)
	r.body, r.contentType = data, "application/json"
	return r, err
}

// multipartRequest makes a request of a JSON part and pictures named image0, image1, …
func multipartRequest(method, path, jsonPart string, document any, images [][]byte) (request, error) {
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	data, err := json.Marshal(document)
	if err != nil {
		return request{}, err
	}
	write := func(name, contentType string, data []byte) error {
		part, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf("form-data; name=%q; filename=%q", name, name)},
			"Content-Type":        {contentType},
		})
		if err == nil {
			_, err = part.Write(data)
		}
		return err
	}
	if err := write(jsonPart, "application/json", data); err != nil {
		return request{}, err
	}
	for i, image := range images {
		if err := write(imagePart(i), "application/octet-stream", image); err != nil {
			return request{}, err
		}
	}
	if err := w.Close(); err != nil {
		return request{}, err
	}
	return request{method: method, path: path, contentType: w.FormDataContentType(), body: buf.Bytes(), once: method == http.MethodPost}, nil
}

func imagePart(i int) string { return "image" + strconv.Itoa(i) }

// do sends a request and decodes the answer into out (nil: ignored).
func (c *Client) do(ctx context.Context, r request, out any) error {
	data, err := c.bytes(ctx, r)
	if err != nil || out == nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber() // attributes come back as they went
	if err = d.Decode(out); err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("something follows it")
	}
	return fmt.Errorf("%s %s: the answer is not what is expected: %w", r.method, r.path, err)
}

// bytes sends a request, repeatedly if need be, and returns the body of the answer.
func (c *Client) bytes(ctx context.Context, r request) ([]byte, error) {
	deadline := time.Now().Add(c.Patience)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		data, err := c.send(ctx, r)
		pause, again := retry(err, wait)
		if !again || r.once || ctx.Err() != nil || time.Now().Add(pause).After(deadline) {
			return data, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// retry tells whether and after how long a failed request is worth repeating. The jitter keeps many callers that were
// refused together from coming back together.
func retry(err error, wait time.Duration) (pause time.Duration, again bool) {
	if err == nil {
		return 0, false
	}
	pause = wait/2 + rand.N(wait)
	var e *Error
	if errors.As(err, &e) {
		return min(max(pause, e.retryAfter/2), 5*time.Second), e.temporary()
	}
	var network *url.Error
	return pause, errors.As(err, &network) && !hopeless(network)
}

// hopeless reports whether a request failed on the way for a reason that stays: a name that does not exist, an address that
// is none, or a peer that does not speak the protocol or cannot be trusted.
func hopeless(err *url.Error) bool {
	var (
		name        *net.DNSError
		address     *net.AddrError
		operation   *net.OpError
		certificate *tls.CertificateVerificationError
		hostname    x509.HostnameError
		record      tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, http.ErrSchemeMismatch), !isHTTP(err.URL):
		return true
	case errors.As(err, &name):
		return name.IsNotFound
	case errors.As(err, &address), errors.As(err, &certificate), errors.As(err, &hostname), errors.As(err, &record):
		return true
	}
	// crypto/tls wraps the alerts of either side so.
	return errors.As(err, &operation) && (operation.Op == "remote error" || operation.Op == "local error")
}

func isHTTP(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

func (c *Client) send(ctx context.Context, r request) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, &url.Error{Op: r.method, URL: c.base + r.path, Err: err}
	}
	if resp.StatusCode < 300 {
		return data, nil
	}
	e := &Error{}
	if json.Unmarshal(data, e) != nil || e.Code == "" {
		e = &Error{Code: "unexpected", Detail: fmt.Sprintf("%s %s answered something that is no problem document", r.method, r.path)}
	}
	e.Status = resp.StatusCode
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
		e.retryAfter = time.Duration(seconds) * time.Second
	}
	return nil, e
}
