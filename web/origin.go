package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"pinax/engine"
)

// refuseOtherHosts refuses requests for a name that is not this server's. A page whose name is made to point at this
// machine (DNS rebinding) is of the same origin for the browser, so the check of origins lets it pass; its name gives it
// away.
func refuseOtherHosts(o Options) echo.MiddlewareFunc {
	hosts := make([]string, len(o.Hosts))
	for i, host := range o.Hosts {
		hosts[i] = hostName(host)
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if host := hostName(c.Request().Host); o.AnyHost || isLoopback(host) || slices.Contains(hosts, host) {
				return next(c)
			}
			return engine.Errorf(engine.CodeForbidden, "this server does not go by the name %.100q", c.Request().Host).
				WithHint("ask for localhost or its address, or add the name to server.hosts")
		}
	}
}

// hostName brings the name or address of a Host header into one form, without the port. What is neither becomes "".
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	} else if name, ok := strings.CutPrefix(host, "["); ok {
		host, ok = strings.CutSuffix(name, "]")
		if !ok {
			return ""
		}
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().String()
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// refuseCrossOrigin refuses writes that a page of another site makes a browser send. Without it any page that somebody looks
// at could change what a server on their own machine stores.
func refuseCrossOrigin() echo.MiddlewareFunc {
	protection := http.NewCrossOriginProtection()
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := protection.Check(c.Request()); err != nil {
				return engine.Errorf(engine.CodeForbidden, "a page of another site asked for this: %w", err)
			}
			return next(c)
		}
	}
}

const contentSecurityPolicy = "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'self'; " +
	"frame-ancestors 'none'; object-src 'none'"

// securityHeaders lets a browser run only what the page itself ships.
func securityHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		return next(c)
	}
}
