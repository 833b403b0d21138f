package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"example.com/leaderelection"
	"example.com/leaderelection/redisstore"
)

func newListCommand() *cobra.Command {
	var from connection
	var output format
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Show all elections on a Redis",
		Long: `Show all elections on a Redis, and who leads each. Redis is searched by SCAN, which does
not block it, but takes a while where there are millions of keys.`,
		Example: `  leader list --redis redis://localhost:6379
  leader list --output json | jq -r '.elections[] | select(.state != "led") | .election'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := from.open()
			if err != nil {
				return err
			}
			defer disconnect(client)
			silenceRedis()
			found, err := listOf(cmd.Context(), client)
			if err != nil {
				return explain(err)
			}
			return output.write(cmd.OutOrStdout(), found, found.table)
		},
	}
	from.addTo(cmd)
	output.addTo(cmd)
	return cmd
}

// list is every election there is. Its field names are an interface.
type list struct {
	Elections []status `json:"elections"`
}

// listOf inspects all elections, in the order of their names.
func listOf(ctx context.Context, client redis.UniversalClient) (list, error) {
	names, err := namesOf(ctx, client)
	if err != nil {
		return list{}, err
	}
	found := list{Elections: []status{}}
	store := redisstore.New(client)
	for _, name := range names {
		asking, cancel := context.WithTimeout(ctx, questionTimeout)
		one, err := store.Inspect(asking, name, 0)
		cancel()
		if _, unreadable := errors.AsType[*leaderelection.ConfigurationError](err); unreadable { // this one; the others may be in order
			found.Elections = append(found.Elections, status{Election: name, State: "unreadable", Candidates: []candidate{}, Error: plain(err.Error())})
			continue
		}
		if err != nil {
			return found, err
		}
		found.Elections = append(found.Elections, statusOf(name, one))
	}
	return found, nil
}

// namesOf searches for records of elections: of every node, if it is a Cluster.
func namesOf(ctx context.Context, client redis.UniversalClient) ([]string, error) {
	var mu sync.Mutex
	var names []string
	search := func(ctx context.Context, node redis.Cmdable) error {
		for cursor := uint64(0); ; {
			asking, cancel := context.WithTimeout(ctx, questionTimeout)
			keys, next, err := node.ScanType(asking, cursor, "*"+redisstore.RecordSuffix, 1000, "hash").Result()
			cancel()
			if err != nil {
				return fmt.Errorf("searching for elections: %w", err)
			}
			mu.Lock()
			for _, key := range keys {
				if name, ok := redisstore.ElectionOf(key); ok {
					names = append(names, name)
				}
			}
			mu.Unlock()
			if cursor = next; cursor == 0 {
				return nil
			}
		}
	}
	var err error
	if cluster, ok := client.(*redis.ClusterClient); ok {
		err = cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error { return search(ctx, node) })
	} else {
		err = search(ctx, client)
	}
	slices.Sort(names)
	return slices.Compact(names), err // SCAN may show a key twice
}

func (l list) table(w *tabwriter.Writer) {
	if len(l.Elections) == 0 {
		_, _ = fmt.Fprintln(w, "there is no election on this Redis")
		return
	}
	_, _ = fmt.Fprintln(w, "ELECTION\tLEADER\tHOST\tTERM\tSINCE\tCANDIDATES")
	for _, s := range l.Elections {
		if s.Error != "" {
			_, _ = fmt.Fprintf(w, "%s\t? (%s)\t-\t-\t-\t-\n", shown(s.Election), s.obstacle())
			continue
		}
		who, host, since := "nobody ("+s.State+")", "-", "-"
		if s.Leader != nil {
			who, host, since = s.Leader.ID, orDash(s.Leader.Host), exactly(value(s.Leader.Since), s.At)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%d\n", shown(s.Election), shown(who), shown(host), s.Term, since, len(s.Candidates))
	}
	l.explain(w)
}

// obstacle is in a word why an election can't be read.
func (s status) obstacle() string {
	if strings.Contains(s.Error, "permission") {
		return "no permission"
	}
	return "cannot be read"
}

// explain says in full, below the table, what a word in it stands for: of the first such
// election, since that of another differs in the names of its keys only.
func (l list) explain(w io.Writer) {
	told := map[string]bool{}
	for _, s := range l.Elections {
		if word := s.obstacle(); s.Error != "" && !told[word] {
			told[word] = true
			_, _ = fmt.Fprintf(w, "\n%s: %s: %s\n", word, shown(s.Election), shown(flat(s.Error)))
		}
	}
}
