package leaderelection_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/leaderelection"
	"example.com/leaderelection/memstore"
)

func TestDefaultConfig(t *testing.T) {
	want := leaderelection.Config{
		RedisKeyName:      "maplefile:leader:lock",
		RedisInfoKeyName:  "maplefile:leader:info",
		LockTTL:           10 * time.Second,
		HeartbeatInterval: 3 * time.Second,
		RetryInterval:     2 * time.Second,
	}
	if got := *leaderelection.DefaultConfig(); got != want {
		t.Errorf("it is %+v, want %+v", got, want)
	}
}

func TestValidateFillsInWhatIsEmpty(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Skip(err)
	}
	for name, config := range map[string]leaderelection.Config{
		"zero":     {},
		"negative": {LockTTL: -1, HeartbeatInterval: -1, RetryInterval: -1},
	} {
		t.Run(name, func(t *testing.T) {
			if err := config.Validate(); err != nil {
				t.Fatal(err)
			}
			suffix, ok := strings.CutPrefix(config.InstanceID, host+"-")
			if !ok || len(suffix) < 8 {
				t.Errorf("the InstanceID is %q, want %s and a random suffix", config.InstanceID, host)
			}
			want := *leaderelection.DefaultConfig()
			want.Hostname, want.InstanceID = host, config.InstanceID
			if config != want {
				t.Errorf("it is %+v, want %+v", config, want)
			}
		})
	}
}

func TestValidateKeepsWhatIsSet(t *testing.T) {
	config := leaderelection.Config{
		RedisKeyName: "lock", RedisInfoKeyName: "info", LockTTL: time.Minute,
		HeartbeatInterval: 59 * time.Second, RetryInterval: time.Hour, InstanceID: "me", Hostname: "here",
	}
	want := config
	if err := config.Validate(); err != nil {
		t.Fatal(err)
	}
	if config != want {
		t.Errorf("it became %+v, was %+v", config, want)
	}
}

func TestValidateShortensAHeartbeatIntervalThatIsNotShorterThanLockTTL(t *testing.T) {
	tests := map[string]struct{ ttl, heartbeat, want time.Duration }{
		"equal":                         {9 * time.Second, 9 * time.Second, 3 * time.Second},
		"longer":                        {9 * time.Second, time.Hour, 3 * time.Second},
		"a nanosecond shorter":          {9 * time.Second, 9*time.Second - 1, 9*time.Second - 1},
		"the default is not shorter":    {time.Second, 0, time.Second / 3},
		"equal to the default LockTTL":  {0, 10 * time.Second, 10 * time.Second / 3},
		"longer by the default LockTTL": {-1, 11 * time.Second, 10 * time.Second / 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			config := leaderelection.Config{LockTTL: test.ttl, HeartbeatInterval: test.heartbeat}
			if err := config.Validate(); err != nil {
				t.Fatal(err)
			}
			if config.HeartbeatInterval != test.want {
				t.Errorf("it is %v, want %v", config.HeartbeatInterval, test.want)
			}
		})
	}
}

func TestValidateReturnsWhatItCannotRepair(t *testing.T) {
	tests := map[string]struct {
		config leaderelection.Config
		names  string
	}{
		"the same name for both keys":      {leaderelection.Config{RedisKeyName: "x", RedisInfoKeyName: "x"}, `"x"`},
		"the info key's default as lock":   {leaderelection.Config{RedisKeyName: leaderelection.DefaultRedisInfoKeyName}, "RedisInfoKeyName"},
		"a LockTTL that is much too short": {leaderelection.Config{LockTTL: 10}, "LockTTL"},
		"a LockTTL that is just too short": {leaderelection.Config{LockTTL: leaderelection.MinLockTTL - 1}, "100ms"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			config := test.config
			if err := config.Validate(); err == nil || !strings.Contains(err.Error(), test.names) {
				t.Errorf("Validate returned %v, want an error that names %s", err, test.names)
			}
			if _, err := leaderelection.New(memstore.New(), &test.config); err == nil {
				t.Error("New accepts it")
			}
		})
	}
	if shortest := (leaderelection.Config{LockTTL: leaderelection.MinLockTTL}); shortest.Validate() != nil {
		t.Error("the shortest LockTTL is refused")
	}
}

func TestInstanceIDsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		var config leaderelection.Config
		if err := config.Validate(); err != nil {
			t.Fatal(err)
		}
		seen[config.InstanceID] = true
	}
	if len(seen) != 100 {
		t.Errorf("100 instances have %d IDs", len(seen))
	}
}

func TestNewWorksOnACopyOfTheConfig(t *testing.T) {
	config := leaderelection.Config{InstanceID: "before"}
	election, err := leaderelection.New(memstore.New(), &config)
	if err != nil {
		t.Fatal(err)
	}
	if want := (leaderelection.Config{InstanceID: "before"}); config != want {
		t.Errorf("New changed the caller's Config to %+v", config)
	}
	config.InstanceID = "after"
	if id := election.GetInstanceID(); id != "before" {
		t.Errorf("the InstanceID became %q with the caller's Config", id)
	}
}

func TestLeaderInfoInJSON(t *testing.T) {
	info := leaderelection.LeaderInfo{
		InstanceID: "me", Hostname: "here", Term: 7,
		StartedAt:     time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		LastHeartbeat: time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC),
	}
	const want = `{"instance_id":"me","hostname":"here","started_at":"2026-01-02T03:04:05Z","last_heartbeat":"2026-01-02T03:04:06Z","term":7}`
	got, err := json.Marshal(info)
	if err != nil || string(got) != want {
		t.Errorf("it is %s, %v; want %s", got, err, want)
	}
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	const lockTTL = 10 * time.Second
	tests := []struct {
		option leaderelection.Option
		names  string // "" where it is accepted
	}{
		{leaderelection.WithDrainTimeout(1), ""},
		{leaderelection.WithDrainTimeout(0), "WithDrainTimeout(0s)"},
		{leaderelection.WithDrainTimeout(-time.Second), "WithDrainTimeout(-1s)"},
		{leaderelection.WithSafetyMargin(1), ""},
		{leaderelection.WithSafetyMargin(lockTTL/2 - 1), ""},
		{leaderelection.WithSafetyMargin(lockTTL / 2), "WithSafetyMargin(5s)"},
		{leaderelection.WithSafetyMargin(0), "WithSafetyMargin(0s)"},
		{leaderelection.WithSafetyMargin(-1), "WithSafetyMargin(-1ns)"},
	}
	for i, test := range tests {
		t.Run(fmt.Sprint(i, test.names), func(t *testing.T) {
			_, err := leaderelection.New(memstore.New(), &leaderelection.Config{LockTTL: lockTTL}, test.option)
			switch {
			case test.names == "" && err != nil:
				t.Errorf("New returned %v", err)
			case test.names != "" && (err == nil || !strings.Contains(err.Error(), test.names)):
				t.Errorf("New returned %v, want an error that names %s", err, test.names)
			}
		})
	}
}

func FuzzValidate(f *testing.F) {
	f.Add("", "", int64(0), int64(0), int64(0), "", "")
	f.Add("x", "x", int64(1), int64(-1), int64(1)<<62, "me", "here")
	f.Add("{a}b", "\x00", int64(time.Second), int64(time.Second), int64(1), "", "h")
	f.Fuzz(func(t *testing.T, key, info string, ttl, heartbeat, retry int64, id, host string) {
		config := leaderelection.Config{
			RedisKeyName: key, RedisInfoKeyName: info, InstanceID: id, Hostname: host,
			LockTTL: time.Duration(ttl), HeartbeatInterval: time.Duration(heartbeat), RetryInterval: time.Duration(retry),
		}
		if err := config.Validate(); err != nil {
			if config.RedisKeyName != config.RedisInfoKeyName && config.LockTTL >= leaderelection.MinLockTTL {
				t.Fatalf("%+v is refused: %v", config, err)
			}
			return
		}
		once := config
		switch {
		case config.RedisKeyName == "" || config.RedisInfoKeyName == "" || config.InstanceID == "" || config.Hostname == "":
			t.Errorf("something is empty: %+v", config)
		case config.LockTTL < leaderelection.MinLockTTL || config.HeartbeatInterval <= 0 || config.RetryInterval <= 0:
			t.Errorf("something is too short: %+v", config)
		case config.HeartbeatInterval >= config.LockTTL:
			t.Errorf("no heartbeat within a lease: %+v", config)
		case config.Validate() != nil || config != once:
			t.Errorf("the second time it changed %+v to %+v", once, config)
		}
		if _, err := leaderelection.New(memstore.New(), &config, leaderelection.WithLogger((&logbook{}).logger())); err != nil {
			t.Errorf("New refuses what Validate accepts: %v", err)
		}
	})
}
