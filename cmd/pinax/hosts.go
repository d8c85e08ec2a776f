package main

import (
	"net"

	"pinax/web"
)

// restrictHosts sets the names for which requests are taken. A server on loopback is meant for this machine only, so it
// takes no others than those of the configuration. One on another address cannot know all names that lead to it: without a
// list it takes any.
func restrictHosts(o *web.Options, listening net.Addr, hosts []string) {
	address, ok := listening.(*net.TCPAddr)
	o.Hosts = hosts
	o.AnyHost = len(hosts) == 0 && !(ok && address.IP.IsLoopback())
}
