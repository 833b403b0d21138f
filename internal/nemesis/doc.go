// Package nemesis has only tests: elections among real processes over a real
// redis-server, to which is done what production does to them. The processes are
// those of internal/contender, the judge is that of internal/belief.
//
// Every test ends with the same verdict: never two leaders, never two works at
// once, terms grow, callbacks alternate. What a test is about comes on top.
package nemesis
