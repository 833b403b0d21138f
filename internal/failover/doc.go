// Package failover has whole elections live through failovers of Redis: Sentinel's
// and Cluster's, of their own accord and by command, with the leader on either side
// of the partition. `go test` does each once, `make failovers` as often as one likes,
// and reports how long nobody led, and why.
package failover
