package web_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"pinax/engine"
	"pinax/engine/enginetest"
	"pinax/web"
)

// pipes is a network in memory, whose connections buffer nothing and whose time a test bubble can let pass.
type pipes chan net.Conn

// Accept implements net.Listener.
func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

// Close implements net.Listener.
func (p pipes) Close() error { return nil }

// Addr implements net.Listener.
func (p pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// serve serves on pipes until the test ends. It belongs inside of a bubble.
func serve(t *testing.T, s *web.Server) pipes {
	t.Helper()
	p, server := make(pipes), &http.Server{Handler: s}
	served := make(chan error)
	go func() { served <- server.Serve(p) }()
	t.Cleanup(func() {
		close(p)
		require.NoError(t, server.Close())
		require.Error(t, <-served)
	})
	return p
}

// dial opens a connection and sends the beginning of a request.
func (p pipes) dial(t *testing.T, request string, args ...any) (net.Conn, *bufio.Reader) {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() { _ = near.Close() })
	p <- far
	_, err := fmt.Fprintf(near, strings.ReplaceAll(request, "\n", "\r\n"), args...)
	require.NoError(t, err)
	return near, bufio.NewReader(near)
}

// read reads an answer as far as it comes.
func read(t *testing.T, r *bufio.Reader) (status int, body []byte, err error) {
	t.Helper()
	resp, err := http.ReadResponse(r, nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

const putItem = "PUT /v1/collections/shop/items/a HTTP/1.1\nHost: localhost\nContent-Type: application/json\n"

// withLimits replaces the fixture's server by one with other limits on bodies.
func (f *fixture) withLimits(body, inflight int64) *fixture {
	f.t.Helper()
	o := web.DefaultOptions()
	o.BodyBytes, o.InflightBytes = body, inflight
	f.serveWith(o)
	return f
}

func TestBodiesThatDoNotArriveHoldNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, newFixture(t).shop().withLimits(1000, 1000).server)
		for range 8 {
			p.dial(t, putItem+"Content-Length: 900\n\n")
			p.dial(t, putItem+"Transfer-Encoding: chunked\n\n")
		}
		synctest.Wait()
		_, r := p.dial(t, putItem+"Content-Length: 19\n\n%s", `{"texts":{"t":"x"}}`)
		status, body, err := read(t, r)
		require.NoError(t, err)
		require.Equal(t, http.StatusCreated, status, "%s", body)
	})
}

func TestBodyThatStallsIsCut(t *testing.T) {
	for name, head := range map[string]string{"declared": "Content-Length: 1000\n\n{", "chunked": "Transfer-Encoding: chunked\n\n1\n{\n", "nothing": "Content-Length: 1000\n\n"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, r := serve(t, newFixture(t).shop().server).dial(t, putItem+head)
				status, body, err := read(t, r)
				require.NoError(t, err)
				require.Equal(t, http.StatusRequestTimeout, status)
				require.Contains(t, string(body), `"status":408`)
				require.Less(t, time.Since(start), time.Minute)
			})
		})
	}
}

func TestBodyThatDripsIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, r := serve(t, newFixture(t).shop().server).dial(t, putItem+"Content-Length: 1000000\n\n")
		dripped := make(chan struct{})
		go func() {
			defer close(dripped)
			for err := error(nil); err == nil; time.Sleep(time.Second) {
				_, err = conn.Write([]byte(" "))
			}
		}()
		status, _, err := read(t, r)
		require.NoError(t, conn.Close())
		<-dripped
		require.NoError(t, err)
		require.Equal(t, http.StatusRequestTimeout, status)
	})
}

func TestSlowBodyThatArrivesIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := serve(t, newFixture(t).shop().withLimits(64<<20, 512<<20).server)
		const steps, step, item = 10, 256 << 10, `{"texts":{"t":"x"}}`
		conn, r := p.dial(t, putItem+"Content-Length: %d\n\n", steps*step+len(item))
		for range steps {
			time.Sleep(15 * time.Second)
			_, err := conn.Write(bytes.Repeat([]byte(" "), step))
			require.NoError(t, err)
		}
		_, err := io.WriteString(conn, item)
		require.NoError(t, err)
		status, body, err := read(t, r)
		require.NoError(t, err)
		require.Equal(t, http.StatusCreated, status, "%s", body)
	})
}

// TestLongWorkOutlivesTheBody keeps the deadline of a body from ending the work that follows on it.
func TestLongWorkOutlivesTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t).shop()
		p := serve(t, f.server)
		f.backend.Fail = func(string) error { time.Sleep(time.Hour); return nil }
		_, r := p.dial(t, putItem+"Content-Length: 19\n\n%s", `{"texts":{"t":"x"}}`)
		status, body, err := read(t, r)
		require.NoError(t, err)
		require.Equal(t, http.StatusCreated, status, "%s", body)
	})
}

// storeLarge stores an item with a picture of n bytes.
func (f *fixture) storeLarge(n int) {
	f.t.Helper()
	contentType, body := form(f.t, map[string]string{
		"item": `{"images":[{"part":"p"}]}`, "p": string(enginetest.Picture("red dress")) + strings.Repeat(" ", n),
	})
	require.Equal(f.t, http.StatusCreated, f.do(http.MethodPut, "/v1/collections/shop/items/a", contentType, body).status)
}

const getPicture = "GET /v1/collections/shop/items/a/images/0 HTTP/1.1\nHost: localhost\n\n"

func TestReaderThatStallsIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t).shop().withLimits(64<<20, 512<<20)
		f.storeLarge(4 << 20)
		_, r := serve(t, f.server).dial(t, getPicture)
		resp, err := http.ReadResponse(r, nil)
		require.NoError(t, err)
		defer resp.Body.Close()
		time.Sleep(time.Minute)
		_, err = io.ReadAll(resp.Body)
		require.Error(t, err, "the rest must not wait for whoever does not read")
	})
}

func TestSlowReaderGetsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t).shop().withLimits(64<<20, 512<<20)
		f.storeLarge(4 << 20)
		conn, _ := serve(t, f.server).dial(t, getPicture)
		status, body, err := read(t, bufio.NewReaderSize(slowly{conn}, 64<<10))
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
		require.Greater(t, len(body), 4<<20)
	})
}

// slowly reads about 16 KiB a second.
type slowly struct{ io.Reader }

func (s slowly) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	time.Sleep(time.Duration(n) * time.Second / (16 << 10))
	return n, err
}

// TestConnectionOutlivesItsAnswers keeps the deadline of one answer from ending the next.
func TestConnectionOutlivesItsAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, r := serve(t, newFixture(t).shop().server).dial(t, "GET /healthz HTTP/1.1\nHost: localhost\n\n")
		for range 3 {
			status, _, err := read(t, r)
			require.NoError(t, err)
			require.Less(t, status, 300)
			time.Sleep(time.Hour)
			_, err = io.WriteString(conn, "DELETE /v1/collections/shop/items/none HTTP/1.1\r\nHost: localhost\r\n\r\n")
			require.NoError(t, err)
		}
	})
}

func TestBodiesUnderWayAreBounded(t *testing.T) {
	f := newFixture(t).shop().withLimits(1000, 1000)
	const path, body = "/v1/collections/shop/items/a", `{"texts":{"t":"x"}}`
	arriving, arrive := io.Pipe()
	r := newRequest(http.MethodPut, path, arriving)
	first := make(chan int)
	go func() {
		first <- f.record(r).status
	}()
	send := func(text string) {
		for _, part := range []string{text, ""} { // the empty one is read when what came before has been counted
			_, err := io.WriteString(arrive, part)
			require.NoError(t, err)
		}
	}
	send(strings.Repeat(" ", 900) + body)
	require.Equal(t, http.StatusCreated, f.do(http.MethodPut, path, "application/json", []byte(body)).status, "there is room for it")
	refused := f.do(http.MethodPut, path, "application/json", []byte(strings.Repeat(" ", 100)+body))
	require.Equal(t, http.StatusServiceUnavailable, refused.status)
	require.NotEmpty(t, refused.header.Get("Retry-After"))
	require.Equal(t, http.StatusServiceUnavailable, f.record(newRequest(http.MethodPut, path, unsized{strings.NewReader(strings.Repeat(" ", 100) + body)})).status,
		"one that does not say its length is refused on its way")
	require.Equal(t, http.StatusOK, f.do(http.MethodGet, "/v1/collections", "", nil).status, "reads have no body")
	require.NoError(t, arrive.Close())
	require.Less(t, <-first, 300)
	require.Equal(t, http.StatusOK, f.do(http.MethodPut, path, "application/json", []byte(strings.Repeat(" ", 900)+body)).status, "all is given back")
}

// unsized hides the length of a body.
type unsized struct{ io.Reader }

// TestDisconnectIsNoFailure looks for what an operator would be woken for.
func TestDisconnectIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, log := newFixture(t).shop().logged()
		f.storeLarge(1 << 20)
		p := serve(t, f.server)
		conn, _ := p.dial(t, getPicture)
		require.NoError(t, conn.Close())
		conn, _ = p.dial(t, "GET /openapi.yaml HTTP/1.1\nHost: localhost\n\n")
		require.NoError(t, conn.Close())
		conn, _ = p.dial(t, putItem+"Content-Length: 1000\n\n{")
		require.NoError(t, conn.Close())
		synctest.Wait()
		f.backend.Fail = func(string) error { time.Sleep(time.Minute); return fmt.Errorf("interrupted") }
		conn, _ = p.dial(t, "GET /v1/collections HTTP/1.1\nHost: localhost\n\n")
		time.Sleep(time.Second)
		require.NoError(t, conn.Close())
		time.Sleep(time.Hour)
		synctest.Wait()
		require.NotContains(t, log.String(), `"level":"ERROR"`)
	})
}

func TestFullDiskIsAWarning(t *testing.T) {
	f, log := newFixture(t).shop().logged()
	f.backend.Fail = func(string) error { return engine.Errorf(engine.CodeStorageFull, "the disk is full") }
	f.json(http.MethodPut, "/v1/collections/shop/items/a", map[string]any{"texts": map[string]any{"t": "x"}})
	var line map[string]any
	require.NoError(t, json.Unmarshal(log.Bytes(), &line), "%s", log)
	require.Equal(t, "WARN", line["level"])
}
