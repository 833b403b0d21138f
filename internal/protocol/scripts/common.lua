-- Put in front of every script, and behind it orders.lua and standing.lua. To try one by hand:
--   cat common.lua orders.lua standing.lua read.lua > /tmp/s.lua
--   redis-cli --eval /tmp/s.lua L '{L}:lease' '{L}:term' '{L}:history' '{L}:candidates'
--
-- KEYS, in every script but announce.lua, all in one Cluster slot. A script is given
-- the first so many of them, as many as it needs: while a slot is being moved,
-- Cluster refuses every script of which one key is missing.
--   1  L              string  the leader's InstanceID: for people, and for programs that do SET L id NX PX
--   2  {L}:lease      string  the claim that holds the lease, and the ttl it was granted
--   3  {L}:term       hash    the record: who was last granted what, by which server
--   4  {L}:history    stream  beginnings and ends of terms
--   5  {L}:candidates zset    who takes part, scored by priority and the ms until which it counts as present
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

local LAST_TERM = '9223372036854775807' -- that fits into an int64
local NUMBERS = { -- with the digits each may have
  term = 19, seen = 19, since = 16, not_before = 16, quarantine = 12, ttl = 12,
  order = 19, heir_until = 16, pause_since = 16, pause_until = 16,
}
local OWN = 11 -- so many of the fields are the protocol's own; the others may stand without them, and then there is no record
local FIELDS = { 'term', 'seen', 'since', 'not_before', 'quarantine', 'ttl', 'claim', 'holder', 'host', 'run', 'spent',
  'order', 'order_by', 'order_to', 'heir', 'heir_until', 'named', 'pause_since', 'pause_until', 'pause_by', 'pause_keep', 'priority' }

-- load returns the record; where there is none, an empty one with exists = false.
--   term, claim, holder, host, since, ttl: of the last grant; claim is '' once it was released
--   run: the server that wrote it      seen: the highest term that a candidate has told of
--   not_before: until when nobody may acquire      quarantine: how long that was when it began
--   spent: the last claims that were given back, each with a space behind it
--   priority: of the last grant's holder; the others are explained in orders.lua
local function load()
  local values = redis.pcall('HMGET', KEYS[3], unpack(FIELDS))
  if failed(values) then
    if string.find(values.err, 'WRONGTYPE', 1, true) then return nil, wrong_type(3, 'does not hold a hash') end
    return nil, values
  end
  local record, any = { exists = false }, false
  for i, field in ipairs(FIELDS) do
    local value, digits = values[i], NUMBERS[field]
    if value then any = true end
    if value and i <= OWN then record.exists = true end
    if digits then
      value = value or '0'
      if not string.match(value, '^%d+$') or #value > digits or (#value == 19 and greater(value, LAST_TERM)) then
        return nil, wrong_type(3, 'has a field ' .. field .. ' that is not a number')
      end
      if string.sub(value, 1, 1) == '0' then value = string.gsub(value, '^0+(%d)', '%1') end
    end
    record[field] = value or ''
  end
  if not any and redis.call('EXISTS', KEYS[3]) == 1 then
    return nil, wrong_type(3, 'holds a hash of somebody else')
  end
  for _, field in ipairs({ 'since', 'not_before', 'quarantine', 'ttl', 'heir_until', 'pause_since', 'pause_until' }) do
    record[field] = tonumber(record[field])
  end
  record.priority = string.match(record.priority, '^%-?%d%d?%d?%d?$') and tonumber(record.priority) or 0
  if record.claim ~= '' and record.ttl == 0 then return nil, wrong_type(3, 'has a claim that was granted for no time') end
  return record
end

local function info(section)
  local text = redis.pcall('INFO', section)
  if type(text) == 'string' then return text end
  return ''
end

-- field returns what INFO says under a name, nil if it says nothing.
local function field(text, name, pattern)
  local _, colon = string.find(text, name .. ':', 1, true)
  return colon and string.match(text, '^' .. pattern, colon + 1)
end

-- server tells by which name this server is known, nil where INFO doesn't say. It
-- is the process together with its data: the same process has another's data after
-- it was that one's replica, and a replication id of its own once it is promoted.
local function server()
  local run = field(info('server'), 'run_id', '%x+')
  if not run then
    warning = 'INFO is refused, or tells no run_id: that Redis lost its data is then noticed only by candidates that have seen a term'
    return nil
  end
  return run .. '/' .. (field(info('replication'), 'master_replid', '%x+') or '')
end

-- may_have_forgotten tells a server that lost a record from one that never had it.
local function may_have_forgotten(ttl)
  local uptime = tonumber(field(info('server'), 'uptime_in_seconds', '%d+') or 0)
  if uptime * 1000 < ttl + 1000 then return true end -- it counts whole seconds
  local before = field(info('replication'), 'master_replid2', '%x+')
  if before and not string.match(before, '^0+$') then return true end -- it was promoted once
  local evicted = field(info('stats'), 'evicted_keys', '%d+')
  if evicted and evicted ~= '0' then return true end
  local stats = info('commandstats')
  for _, command in ipairs({ 'flushall', 'flushdb', 'swapdb' }) do
    local calls = field(stats, 'cmdstat_' .. command, 'calls=(%d+)')
    if calls and calls ~= '0' then return true end
  end
  return false
end

-- get_lease returns the claim that holds the lease and the ttl it was granted, nil
-- if there is none. It carries its ttl itself, since the record may be lost.
local function get_lease()
  local value, problem = get(2)
  if not value then return nil, nil, problem end
  local claim, ttl = string.match(value, '^(.+) (%d+)$')
  if not claim or #ttl > NUMBERS.ttl or tonumber(ttl) == 0 then return nil, nil, wrong_type(2, 'does not hold a lease') end
  return claim, tonumber(ttl)
end

-- guard begins a quarantine where this server may have forgotten a lease: nobody
-- acquires for as long as the longest lease known can last, in which every lease
-- granted before has run out; a leader that lives renews and goes on. The
-- record's term and claim stay as found, since the living leader's higher term
-- must still win. Returns an error reply if the record could not be written.
local function guard(record, now, ttl, seen, seen_ttl)
  local _, lease_ttl, problem = get_lease()
  if problem then return problem end
  local run = server()
  local longest = math.max(ttl, seen_ttl, record.ttl, lease_ttl or 0)
  local lost
  if record.exists then
    lost = (run and record.run ~= run) or (greater(seen, record.term) and greater(seen, record.seen))
  else
    lost = seen ~= '0' or (run and may_have_forgotten(longest))
  end

  local not_before = math.min(record.not_before, now + record.quarantine * 1000) -- else the clock went back
  local quarantine = record.quarantine
  if lost then
    quarantine = longest
    not_before = math.max(not_before, now + longest * 1000)
  elseif now < not_before and longest > quarantine then
    not_before = not_before + (longest - quarantine) * 1000 -- a longer lease has been heard of
    quarantine = longest
  end
  record.run = run or record.run
  if not lost and not_before == record.not_before then return nil end

  record.not_before, record.quarantine, record.seen = not_before, quarantine, greatest(record.seen, seen)
  local written = redis.pcall('HSET', KEYS[3], 'run', record.run, 'seen', record.seen, 'quarantine', whole(quarantine), 'not_before', whole(not_before))
  if failed(written) then return written end
  if not record.exists then redis.call('PEXPIRE', KEYS[3], RETENTION) end
  record.exists = true
  return nil
end

local SPENT = 8 -- so many claims that were given back are remembered

local function is_spent(record, claim)
  return string.find(' ' .. record.spent, ' ' .. claim .. ' ', 1, true) ~= nil
end

local function with_spent(record, claim)
  local spent = { claim .. ' ' }
  for earlier in string.gmatch(record.spent, '%S+ ') do
    if #spent < SPENT and earlier ~= spent[1] then spent[#spent + 1] = earlier end
  end
  return table.concat(spent)
end

-- permit_writes lets what follows write at maxmemory: a script that has written
-- once may go on, and HDEL is never refused. This one changes nothing.
local function permit_writes()
  redis.call('HDEL', KEYS[3], 'no such field')
end

-- log adds to the history, which is best effort. What is there instead of a
-- history is somebody else's, and gets no expiry.
local function log(event, ...)
  if failed(try('XADD', KEYS[4], 'MAXLEN', '~', '1000', '*', 'event', event, ...)) then return end
  redis.pcall('PEXPIRE', KEYS[4], RETENTION)
end
