-- Put in front of every other script of this folder. To try one by hand:
--   cat common.lua read.lua > /tmp/s.lua; redis-cli --eval /tmp/s.lua L '{L}:lease' '{L}:term' '{L}:history' '{L}:candidates'
--
-- KEYS, in every script but announce.lua, all in one Cluster slot:
--   1  L              string  the leader's InstanceID: for people, and for programs that do SET L id NX PX
--   2  {L}:lease      string  the claim that holds the lease
--   3  {L}:term       hash    the record: who was last granted what, by which server
--   4  {L}:history    stream  beginnings and ends of terms
--   5  {L}:candidates zset    who takes part, scored by the ms until which it counts as present
--
-- Terms are handled as decimal strings: a Lua number is exact up to 2^53 only.
-- Durations are in milliseconds, moments in microseconds of this server's clock.

local RETENTION = 7 * 24 * 3600 * 1000 -- the record outlives its last use by a week, so that made-up names don't fill a Redis

local warning = '' -- something an operator should know, that does not stop the election

local function greater(a, b)
  if #a ~= #b then return #a > #b end
  return a > b
end

local function greatest(a, b)
  if greater(b, a) then return b end
  return a
end

local function successor(n)
  local head, nines = string.match(n, '^(%d-)(9*)$')
  local zeros = string.rep('0', #nines)
  if head == '' then return '1' .. zeros end
  return string.sub(head, 1, -2) .. (tonumber(string.sub(head, -1)) + 1) .. zeros
end

local function whole(n) return string.format('%.0f', n) end

local function now_us()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end

local function failed(result) return type(result) == 'table' and result.err ~= nil end

-- The client puts the key's name in place of its number.
local function wrong_type(key, problem)
  return redis.error_reply('WRONGTYPE key ' .. key .. ' ' .. problem)
end

-- get returns the string under KEYS[i], nil if there is none, and an error reply
-- if there is something else, or far more than belongs there.
local function get(i, most)
  local value = redis.pcall('GET', KEYS[i])
  if failed(value) then
    if string.find(value.err, 'WRONGTYPE', 1, true) then return nil, wrong_type(i, 'does not hold a string') end
    return nil, value
  end
  if not value then return nil end
  if #value > (most or 1024) then return nil, wrong_type(i, 'holds ' .. #value .. ' bytes of something else') end
  return value
end

-- try runs a command whose failure must not stop the election.
local function try(...)
  local result = redis.pcall(...)
  if failed(result) then warning = select(1, ...) .. ' ' .. select(2, ...) .. ': ' .. result.err end
  return result
end

local NUMBERS = { term = 19, seen = 19, since = 16, not_before = 16, ttl = 12 } -- with the digits each may have
local FIELDS = { 'term', 'seen', 'since', 'not_before', 'ttl', 'claim', 'holder', 'host', 'run', 'spent' }

-- load returns the record; where there is none, an empty one with exists = false.
--   term, claim, holder, host, since, ttl: of the last grant; claim is '' once it was released
--   run: the server that wrote it      seen: the highest term that a candidate has told of
--   not_before: until when nobody may acquire      spent: a claim that was given back
local function load()
  local values = redis.pcall('HMGET', KEYS[3], unpack(FIELDS))
  if failed(values) then
    if string.find(values.err, 'WRONGTYPE', 1, true) then return nil, wrong_type(3, 'does not hold a hash') end
    return nil, values
  end
  local record = { exists = false }
  for i, field in ipairs(FIELDS) do
    local value, digits = values[i], NUMBERS[field]
    if value then record.exists = true end
    if digits then
      value = value or '0'
      if not string.match(value, '^%d+$') or #value > digits then
        return nil, wrong_type(3, 'has a field ' .. field .. ' that is not a number')
      end
      value = string.gsub(value, '^0+(%d)', '%1')
    end
    record[field] = value or ''
  end
  if not record.exists and redis.call('EXISTS', KEYS[3]) == 1 then
    return nil, wrong_type(3, 'holds a hash of somebody else')
  end
  record.since, record.not_before, record.ttl = tonumber(record.since), tonumber(record.not_before), tonumber(record.ttl)
  return record
end

-- server tells by which name this server process is known, and since when it runs;
-- nil where INFO is refused.
local function server()
  local info = redis.pcall('INFO', 'server')
  if type(info) ~= 'string' then
    warning = 'INFO is refused: that Redis lost its data is then noticed only by candidates that have seen a term'
    return nil
  end
  return string.match(info, 'run_id:(%x+)'), tonumber(string.match(info, 'uptime_in_seconds:(%d+)') or 0)
end

-- may_have_forgotten tells a server that lost a record from one that never had it.
local function may_have_forgotten(uptime, ttl)
  if uptime * 1000 < ttl + 1000 then return true end -- it counts whole seconds
  local replication = redis.pcall('INFO', 'replication')
  if type(replication) == 'string' then
    local before = string.match(replication, 'master_replid2:(%x+)')
    if before and not string.match(before, '^0+$') then return true end -- it was promoted once
  end
  local stats = redis.pcall('INFO', 'commandstats')
  if type(stats) == 'string' then
    for _, command in ipairs({ 'flushall', 'flushdb', 'swapdb' }) do
      local calls = string.match(stats, 'cmdstat_' .. command .. ':calls=(%d+)')
      if calls and calls ~= '0' then return true end
    end
  end
  return false
end

-- guard begins a quarantine where this server may have forgotten a lease: nobody
-- acquires for as long as the longest lease known can last, in which every lease
-- granted before has run out; a leader that lives renews and goes on. The
-- record's term and claim stay as found, since the living leader's higher term
-- must still win. Returns an error reply if the record could not be written.
local function guard(record, now, ttl, seen, seen_ttl)
  local run, uptime = server()
  local longest = math.max(ttl, seen_ttl, record.ttl)
  local lost
  if record.exists then
    lost = (run and record.run ~= run) or (greater(seen, record.term) and greater(seen, record.seen))
  else
    lost = seen ~= '0' or (run and may_have_forgotten(uptime, longest))
  end

  local not_before = math.min(record.not_before, now + record.ttl * 1000) -- else the clock went back
  if lost then
    not_before = math.max(not_before, now + longest * 1000)
  elseif now < not_before and longest > record.ttl then
    not_before = not_before + (longest - record.ttl) * 1000 -- a longer lease has been heard of
  else
    longest = record.ttl
  end
  record.run = run or record.run
  if not lost and not_before == record.not_before then return nil end

  record.not_before, record.ttl, record.seen = not_before, longest, greatest(record.seen, seen)
  local written = redis.pcall('HSET', KEYS[3], 'run', record.run, 'seen', record.seen, 'ttl', whole(record.ttl), 'not_before', whole(not_before))
  if failed(written) then return written end
  if not record.exists then redis.call('PEXPIRE', KEYS[3], RETENTION) end
  record.exists = true
  return nil
end

-- left returns how long a key lives yet, 0 if it is gone. A key of ours never has
-- more left than its lease was granted for: more, or no expiry at all, comes of a
-- clock that went back or of somebody's PERSIST, and is cut.
local function left(i, most)
  local ms = redis.call('PTTL', KEYS[i])
  if ms == -2 then return 0 end
  if ms == -1 or ms > most then
    redis.pcall('PEXPIRE', KEYS[i], whole(most))
    return most
  end
  return ms
end

-- standing finds out who holds the lease. Three keys are witnesses to it, each
-- extended by every renewal, so that the loss of one or two frees nothing: L, the
-- lease, and the record, whose own expiry tells when it was last used.
local function standing(record, now, ttl)
  local s = { ms = 0 }
  local holder, claim, problem
  holder, problem = get(1)
  if problem then return nil, problem end
  claim, problem = get(2)
  if problem then return nil, problem end

  if record.claim ~= '' then s.ms = math.max(0, left(3, RETENTION) - RETENTION + record.ttl) end
  if claim then s.ms = math.max(s.ms, left(2, math.max(record.ttl, ttl))) end
  s.claim, s.ours = claim, s.ms > 0

  if holder and s.ours and holder == record.holder then
    s.ms = math.max(s.ms, left(1, record.ttl))
  elseif holder then
    local foreign = redis.call('PTTL', KEYS[1])
    s.ours = false
    if foreign < 0 then s.ms = -1 else s.ms = math.max(s.ms, foreign, 1) end
  end
  s.holder = holder or (s.ours and record.holder) or ''
  s.wait = s.ms
  if s.ms >= 0 then s.wait = math.max(s.ms, math.ceil((record.not_before - now) / 1000)) end
  return s
end

-- reply: verdict, term, ttl, wait, now, then of the leader: holder, host, term,
-- since, last heartbeat (holder '' if nobody leads); then the warning.
local function reply(verdict, record, now, s)
  local host, term, since, beat = '', '0', 0, 0
  if s.ours then
    host, term, since = record.host, record.term, record.since
    beat = now - (record.ttl - s.ms) * 1000
  end
  return { verdict, greatest(record.term, record.seen), whole(record.ttl), whole(s.wait), whole(now),
    s.holder, host, term, whole(since), whole(beat), warning }
end

local function refusal(s)
  if s.ms ~= 0 then return 'held' end
  if s.wait > 0 then return 'quarantined' end
  return 'vacant'
end

-- log adds to the history, which is best effort.
local function log(event, ...)
  try('XADD', KEYS[4], 'MAXLEN', '~', '1000', '*', 'event', event, ...)
  redis.pcall('PEXPIRE', KEYS[4], RETENTION)
end
