package redisstore_test

import (
	"testing"

	"example.com/leaderelection"
	"example.com/leaderelection/internal/redistest"
	"example.com/leaderelection/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server redistest.Any) {
		store := newStore(t, server.Options())
		storetest.Run(t, func(*testing.T) leaderelection.Store { return store })
	})
}
