package rueidisstore_test

import (
	"context"
	"log"
	"net"
	"time"

	"github.com/redis/rueidis"

	"example.com/leaderelection"
	"example.com/leaderelection/rueidisstore"
)

func Example() {
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress:      []string{"localhost:6379"},
		ConnWriteTimeout: 2 * time.Second,                      // gives up a connection that went silent
		Dialer:           net.Dialer{Timeout: 2 * time.Second}, // and one that is not made
		DisableCache:     true,                                 // which elections don't use
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	election, err := leaderelection.New(rueidisstore.New(client), leaderelection.DefaultConfig())
	if err != nil {
		log.Print(err)
		return
	}
	election.OnBecomeLeader(func() { log.Print("leading") })
	if err := election.Start(context.Background()); err != nil {
		log.Print(err)
	}
}
