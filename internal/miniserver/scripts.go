package miniserver

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/alicebob/miniredis/v2/server"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// scripts executes EVAL and EVALSHA in miniredis' place, which builds a Lua machine
// for every call: three quarters of the time of a simulation. What a script sees is
// Redis' interface as far as this library's scripts go: KEYS, ARGV, redis.call,
// redis.pcall, redis.error_reply, and the base, table, string and math libraries.
type scripts struct {
	mu    sync.Mutex // one script at a time, as in Redis
	known map[string]*lua.FunctionProto
}

// answer executes EVAL or EVALSHA, and reports whether the command was one of them.
func (s *scripts) answer(srv *server.Server, peer *server.Peer, command string, args []string) bool {
	switch command {
	case "EVAL", "EVALSHA":
	case "SCRIPT":
		if len(args) > 0 && strings.EqualFold(args[0], "FLUSH") {
			s.mu.Lock()
			defer s.mu.Unlock()
			clear(s.known)
			peer.WriteOK()
			return true
		}
		return false
	default:
		return false
	}
	if len(args) < 2 {
		return false // miniredis knows what to say
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	proto, err := s.find(command, args[0])
	if err != nil {
		peer.WriteError(err.Error())
		return true
	}
	n, err := strconv.Atoi(args[1])
	if err != nil || n < 0 || n > len(args)-2 {
		peer.WriteError("ERR Number of keys can't be greater than number of args")
		return true
	}
	run(srv, peer, proto, args[2:2+n], args[2+n:])
	return true
}

// errNoScript is what Redis says, to the letter.
var errNoScript = errors.New("NOSCRIPT No matching script. Please use EVAL.") //nolint:revive,staticcheck // with Redis' full stop

// find returns what to execute, and remembers what EVAL brought.
func (s *scripts) find(command, text string) (*lua.FunctionProto, error) {
	if command == "EVALSHA" {
		if proto := s.known[strings.ToLower(text)]; proto != nil {
			return proto, nil
		}
		return nil, errNoScript
	}
	sum := sha1.Sum([]byte(text))
	sha := hex.EncodeToString(sum[:])
	if s.known[sha] == nil {
		proto, err := compiled(text)
		if err != nil {
			return nil, fmt.Errorf("ERR Error compiling script (new function): %w", err)
		}
		s.known[sha] = proto
	}
	return s.known[sha], nil
}

// compiles has what was compiled for any server of the process.
var compiles sync.Map

func compiled(text string) (*lua.FunctionProto, error) {
	if proto, ok := compiles.Load(text); ok {
		return proto.(*lua.FunctionProto), nil
	}
	chunk, err := parse.Parse(strings.NewReader(text), "user_script")
	if err != nil {
		return nil, err
	}
	proto, err := lua.Compile(chunk, "user_script")
	if err != nil {
		return nil, err
	}
	compiles.Store(text, proto)
	return proto, nil
}

// engine is a Lua machine, used by one script after another. Scripts must not
// leave globals behind; Redis refuses those too.
type engine struct {
	state *lua.LState
	srv   *server.Server
	peer  *server.Peer // the script's own
	reply bytes.Buffer
	out   *bufio.Writer
	in    *bufio.Reader
}

// engines are those that are idle.
var engines = sync.Pool{New: func() any { return newEngine() }}

func newEngine() *engine {
	e := &engine{state: lua.NewState(lua.Options{SkipOpenLibs: true})}
	for name, open := range map[string]lua.LGFunction{
		lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable,
		lua.StringLibName: lua.OpenString, lua.MathLibName: lua.OpenMath,
	} {
		e.state.Push(e.state.NewFunction(open))
		e.state.Push(lua.LString(name))
		e.state.Call(1, 0)
	}
	e.out, e.in = bufio.NewWriter(&e.reply), bufio.NewReader(&e.reply)
	redis := e.state.NewTable()
	redis.RawSetString("call", e.state.NewFunction(func(l *lua.LState) int { return e.call(l, true) }))
	redis.RawSetString("pcall", e.state.NewFunction(func(l *lua.LState) int { return e.call(l, false) }))
	redis.RawSetString("error_reply", e.state.NewFunction(func(l *lua.LState) int {
		l.Push(errorTable(l, l.CheckString(1)))
		return 1
	}))
	e.state.SetGlobal("redis", redis)
	return e
}

// run executes a script and writes its answer.
func run(srv *server.Server, peer *server.Peer, proto *lua.FunctionProto, keys, argv []string) {
	e := engines.Get().(*engine)
	defer engines.Put(e)
	e.srv, e.peer = srv, server.NewPeer(e.out)
	e.state.SetGlobal("KEYS", listOf(e.state, keys))
	e.state.SetGlobal("ARGV", listOf(e.state, argv))
	e.state.Push(e.state.NewFunctionFromProto(proto))
	defer e.state.SetTop(0)
	if err := e.state.PCall(0, 1, nil); err != nil {
		peer.WriteError(uncaught(err))
		return
	}
	write(peer, e.state.Get(-1))
}

// uncaught is what Redis answers for a script that raised an error: that of a
// command as it is, and any other as one of the script.
func uncaught(err error) string {
	raised := (*lua.ApiError)(nil)
	if errors.As(err, &raised) {
		if table, ok := raised.Object.(*lua.LTable); ok {
			return table.RawGetString("err").String()
		}
		return "ERR " + raised.Object.String()
	}
	return "ERR " + err.Error()
}

// call is redis.call, and redis.pcall where an error is not raised.
func (e *engine) call(l *lua.LState, raise bool) int {
	args := make([]string, l.GetTop())
	for i := range args {
		switch v := l.Get(i + 1).(type) {
		case lua.LNumber, lua.LString:
			args[i] = v.String()
		default:
			l.RaiseError("Command arguments must be strings or integers")
		}
	}
	if len(args) == 0 {
		l.RaiseError("Please specify at least one argument for this redis lib call")
	}
	e.reply.Reset()
	e.srv.Dispatch(e.peer, args)
	e.peer.Flush()
	e.in.Reset(&e.reply)
	reply, err := server.ParseReply(e.in)
	switch {
	case err != nil && raise:
		l.Error(errorTable(l, err.Error()), 1)
	case err != nil:
		l.Push(errorTable(l, err.Error()))
	default:
		l.Push(valueOf(l, reply))
	}
	return 1
}

func errorTable(l *lua.LState, message string) *lua.LTable {
	table := l.NewTable()
	table.RawSetString("err", lua.LString(strings.TrimPrefix(message, "-")))
	return table
}

func listOf(l *lua.LState, words []string) *lua.LTable {
	table := l.CreateTable(len(words), 0)
	for _, word := range words {
		table.Append(lua.LString(word))
	}
	return table
}

// valueOf turns a reply into what a script sees of it.
func valueOf(l *lua.LState, reply any) lua.LValue {
	switch r := reply.(type) {
	case nil:
		return lua.LFalse
	case int:
		return lua.LNumber(r)
	case int64:
		return lua.LNumber(r)
	case string:
		return lua.LString(r)
	case server.Simple:
		table := l.NewTable()
		table.RawSetString("ok", lua.LString(r))
		return table
	case []any:
		table := l.CreateTable(len(r), 0)
		for i, element := range r {
			table.RawSetInt(i+1, valueOf(l, element))
		}
		return table
	default:
		panic(fmt.Sprintf("miniserver: a reply of type %T", reply))
	}
}

// write turns what a script returns into its reply.
func write(peer *server.Peer, value lua.LValue) {
	switch v := value.(type) {
	case lua.LBool:
		if v {
			peer.WriteInt(1)
			return
		}
		peer.WriteNull()
	case lua.LNumber:
		peer.WriteInt(int(v))
	case lua.LString:
		peer.WriteBulk(string(v))
	case *lua.LTable:
		if message, ok := v.RawGetString("err").(lua.LString); ok {
			peer.WriteError(string(message))
			return
		}
		if status, ok := v.RawGetString("ok").(lua.LString); ok {
			peer.WriteInline(string(status))
			return
		}
		n := 0 // up to the first nil, as in Redis
		for v.RawGetInt(n+1) != lua.LNil {
			n++
		}
		peer.WriteLen(n)
		for i := range n {
			write(peer, v.RawGetInt(i+1))
		}
	default:
		peer.WriteNull()
	}
}
