package redisfence_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/leaderelection/fence/redisfence"
	"example.com/leaderelection/internal/redistest"
)

var (
	echo = redisfence.NewScript("return { #KEYS, #ARGV, KEYS[1] or '', KEYS[2] or '', ARGV[1] or '', ARGV[2] or '' }")
	push = redisfence.NewScript("return redis.call('RPUSH', KEYS[1], ARGV[1])")
)

func TestScriptSeesItsOwnKeysAndArguments(t *testing.T) {
	each(t, func(t trial) {
		reply, err := echo.Run(t.in(7), t.guard, []string{"{report}:a", "{report}:b"}, "x", 2).Result()
		if want := []any{int64(2), int64(2), "{report}:a", "{report}:b", "x", "2"}; err != nil || !reflect.DeepEqual(reply, want) {
			t.Errorf("%v %v, want %v", reply, err, want)
		}
		reply, err = echo.Run(t.in(7), t.guard, nil).Result()
		if want := []any{int64(0), int64(0), "", "", "", ""}; err != nil || !reflect.DeepEqual(reply, want) {
			t.Errorf("%v %v, want %v", reply, err, want)
		}
	})
}

func TestScriptLeavesTheCallersSlicesAlone(t *testing.T) {
	each(t, func(t trial) {
		keys, args := []string{key, "beyond"}, []any{"a", "beyond"}
		t.must(push.Run(t.in(7), t.guard, keys[:1], args[:1]...).Err())
		if keys[1] != "beyond" || args[1] != "beyond" {
			t.Errorf("%v %v", keys, args)
		}
	})
}

func TestScriptRunsForTheHighestTermOnly(t *testing.T) {
	each(t, func(t trial) {
		for _, term := range []int64{7, 7, 9} {
			t.must(push.Run(t.in(term), t.guard, []string{key}, term).Err())
		}
		length, err := push.Run(t.in(8), t.guard, []string{key}, "late").Int()
		t.mustRefuse(err, 8, 9)
		if length != 0 {
			t.Errorf("a refusal has the result %d", length)
		}
		if got := t.client.LRange(t.Context(), key, 0, -1).Val(); !slices.Equal(got, []string{"7", "7", "9"}) {
			t.Errorf("the list is %v", got)
		}
	})
}

func TestScriptsOwnErrorsAndNilComeThrough(t *testing.T) {
	each(t, func(t trial) {
		if err := redisfence.NewScript("return nil").Run(t.in(7), t.guard, nil).Err(); !errors.Is(err, redis.Nil) {
			t.Errorf("%v, want redis.Nil", err)
		}
		if err := redisfence.NewScript("return redis.error_reply('MINE is this')").Run(t.in(7), t.guard, nil).Err(); err == nil || err.Error() != "MINE is this" {
			t.Errorf("%v, want the script's own", err)
		}
		if err := redisfence.NewScript("this is no Lua").Run(t.in(7), t.guard, nil).Err(); err == nil {
			t.Error("no error of what does not compile")
		}
	})
}

// Redis undoes nothing of a script that fails. The fence must have been raised
// before, or the last leader could write on top of the half that is there.
func TestScriptThatFailsHasRaisedTheFence(t *testing.T) {
	each(t, func(t trial) {
		half := redisfence.NewScript("redis.call('SET', KEYS[1], 'half') redis.call('HSET', KEYS[1], 'a', 'b')")
		if err := half.Run(t.in(9), t.guard, []string{key}).Err(); err == nil {
			t.Error("it did not fail")
		}
		t.expect(key, "half")
		t.mustRefuse(t.guard.Set(t.in(8), key, "late", 0), 8, 9)
	})
}

func TestScriptWithAShebangLineIsRefused(t *testing.T) {
	each(t, func(t trial) {
		err := redisfence.NewScript("#!lua\nreturn 1").Run(t.in(7), t.guard, nil).Err()
		if err == nil || !strings.Contains(err.Error(), "leave it out") {
			t.Errorf("%v, want what to change", err)
		}
	})
}

func TestScriptsSurviveTheLossOfTheServersScripts(t *testing.T) {
	each(t, func(t trial) {
		t.must(t.guard.Set(t.in(7), key, "a", 0))
		t.must(t.client.ScriptFlush(t.Context()).Err())
		t.must(t.guard.Set(t.in(7), key, "b", 0))
		t.expect(key, "b")
	})
}

func TestNothingIsWrittenWhereTheFenceCannotBeRaised(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client(t)
	tr := trial{t, client, redisfence.New(client, fenceKey)}
	tr.must(client.ConfigSet(t.Context(), "maxmemory", "1").Err())
	for what, err := range map[string]error{"Set": tr.guard.Set(tr.in(7), key, "x", 0), "Check": tr.guard.Check(tr.in(7))} {
		if err == nil || !strings.Contains(err.Error(), "OOM") {
			t.Errorf("%s: %v, want OOM", what, err)
		}
	}
	tr.must(client.ConfigSet(t.Context(), "maxmemory", "0").Err())
	tr.expect(key, "")
	tr.expect(fenceKey, "")
}

func TestClusterRefusesAFenceInAnotherSlot(t *testing.T) {
	server := redistest.Start(t, redistest.WithConfig("cluster-enabled", "yes"))
	client := server.Client(t)
	tr := trial{t, client, redisfence.New(client, "elsewhere")}
	for slots := range slices.Chunk(allSlots(), 4096) {
		tr.must(client.ClusterAddSlots(t.Context(), slots...).Err())
	}
	for !strings.Contains(client.ClusterInfo(t.Context()).Val(), "cluster_state:ok") {
		time.Sleep(5 * time.Millisecond) // the test's own time limit ends this
	}
	err := tr.guard.Set(tr.in(7), key, "x", 0)
	if err == nil || !strings.Contains(err.Error(), "hash tag") {
		t.Errorf("%v, want what to change", err)
	}
	tr.expect(key, "")
	tr.must(redisfence.New(client, fenceKey).Set(tr.in(7), key, "y", 0))
	tr.expect(key, "y")
}

func allSlots() []int {
	slots := make([]int, 16384)
	for i := range slots {
		slots[i] = i
	}
	return slots
}
