"""The way to a host, taken by hand: proxies, sockets and certificates, each seen for itself."""
