package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pinax/engine"
)

// Client asks one hub. It is safe for concurrent use.
type Client struct {
	options  Options
	endpoint *url.URL // nil: none is set
	http     *http.Client
	stall    time.Duration // a body that brings nothing for so long is given up
	wait     func(context.Context, time.Duration) error
}

// New makes a client. An endpoint that is no address is CodeInvalid; one that is missing is so when it is needed.
func New(o Options) (*Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = 30 * time.Second
	c := &Client{options: o, stall: time.Minute, wait: sleep, http: &http.Client{
		Transport: transport,
		// Redirects are followed here, one by one: the library would decide by itself who gets the token.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if o.Endpoint == "" {
		return c, nil
	}
	u, err := url.Parse(strings.TrimRight(o.Endpoint, "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, engine.Errorf(engine.CodeInvalid, "the hub's endpoint %q is not an http address", shorten(o.Endpoint)).
			WithHint("set HF_ENDPOINT, or models.endpoint in the configuration")
	}
	c.endpoint = u
	if o.Token != "" && u.Scheme == "http" && !isLoopback(u.Hostname()) {
		slog.Warn("the hub's token goes over the network in clear", "endpoint", u.Host)
	}
	return c, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Endpoint returns the address of the hub, "" if none is set.
func (c *Client) Endpoint() string {
	if c.endpoint == nil {
		return ""
	}
	return c.endpoint.String()
}

// address joins parts, whose special characters are escaped already, to the endpoint.
func (c *Client) address(parts ...string) (*url.URL, error) {
	if c.endpoint == nil {
		return nil, engine.Errorf(engine.CodeInvalid, "no hub is set to download from").
			WithHint("set the environment variable HF_ENDPOINT, or models.endpoint in the configuration, to the hub's address; " +
				"`pinax models import` takes models from a folder or an archive")
	}
	return c.endpoint.JoinPath(parts...), nil
}

// reply is an answer at the end of its redirects.
type reply struct {
	status int
	header http.Header
	body   io.ReadCloser
	length int64 // of the body; -1: unknown
	hub    about
	moved  bool // it is of another host than the endpoint
}

// about is what the endpoint itself said of a file on the way, before it redirected to where the content lies.
type about struct {
	commit string
	digest Digest
	size   int64 // -1: it did not say
}

const mostRedirects = 10

// do asks for an address from the byte offset on and follows redirects. Failures of the network are passing.
func (c *Client) do(ctx context.Context, method string, address *url.URL, offset int64) (*reply, error) {
	if c.options.Offline {
		return nil, offline()
	}
	hub := about{size: -1}
	for range mostRedirects {
		response, err := c.ask(ctx, method, address, offset)
		if err != nil {
			return nil, err
		}
		if sameOrigin(address, c.endpoint) {
			hub.add(response)
		}
		if !isRedirect(response) {
			return &reply{response.StatusCode, response.Header, response.Body, response.ContentLength, hub, !sameOrigin(address, c.endpoint)}, nil
		}
		response.Body.Close()
		next, err := address.Parse(response.Header.Get("Location"))
		if err != nil {
			return nil, notAHub(errors.New("it redirects to what is no address"))
		}
		if err := mayFollow(address, next); err != nil {
			return nil, err
		}
		if method == http.MethodHead && !sameOrigin(next, c.endpoint) {
			// What there is to know of a file is in this answer; where its content lies may know no HEAD.
			return &reply{http.StatusOK, response.Header, http.NoBody, 0, hub, false}, nil
		}
		address = next
	}
	return nil, notAHub(fmt.Errorf("it redirects more than %d times", mostRedirects))
}

func (c *Client) ask(ctx context.Context, method string, address *url.URL, offset int64) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, address.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "pinax")
	request.Header.Set("Accept-Encoding", "identity") // offsets and sizes are those of the file
	if offset > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	if c.options.Token != "" && sameOrigin(address, c.endpoint) {
		request.Header.Set("Authorization", "Bearer "+c.options.Token)
	}
	response, err := c.http.Do(request)
	if err == nil {
		return response, nil
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // without the address, which may carry a signature
	}
	return nil, passing{err: fmt.Errorf("%s: %w", address.Host, err)}
}

// add takes what an answer of the endpoint says of a file.
func (a *about) add(response *http.Response) {
	h := response.Header
	if commit := h.Get("X-Repo-Commit"); commit != "" {
		a.commit = commit
	}
	etag := h.Get("X-Linked-Etag")
	if etag == "" && !isRedirect(response) {
		etag = h.Get("ETag")
	}
	if d := etagDigest(strings.Trim(strings.TrimPrefix(etag, "W/"), `"`)); d != (Digest{}) {
		a.digest = d
	}
	var size int64
	if n, err := fmt.Sscanf(h.Get("X-Linked-Size"), "%d", &size); n == 1 && err == nil && size >= 0 {
		a.size = size
	} else if response.StatusCode == http.StatusOK && response.ContentLength >= 0 {
		a.size = response.ContentLength
	}
}

func isRedirect(response *http.Response) bool {
	switch response.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return response.Header.Get("Location") != ""
	}
	return false
}

func mayFollow(from, to *url.URL) error {
	if to.Scheme != "http" && to.Scheme != "https" || to.Host == "" {
		return notAHub(fmt.Errorf("it redirects to the scheme %q", to.Scheme))
	}
	if from.Scheme == "https" && to.Scheme != "https" {
		return engine.Errorf(engine.CodeForbidden, "%s redirects from https to http, which is not followed", from.Host)
	}
	return nil
}

// sameOrigin compares scheme, host and port: on another port listens somebody else.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	port, _ := net.LookupPort("tcp", u.Scheme) // of the few that mayFollow lets through
	return fmt.Sprint(port)
}
