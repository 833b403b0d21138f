package redisstore_test

import (
	"testing"

	"example.com/leaderelection/internal/redistest"
)

func TestMain(m *testing.M) { redistest.Main(m, 16) }
