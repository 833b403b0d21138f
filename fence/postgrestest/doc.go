// Package postgrestest tests package fence on a real PostgreSQL server, which it
// starts for itself. It is a module of its own, so that those who use the library
// inherit no driver.
package postgrestest
