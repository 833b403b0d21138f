-- What people ask of an election, and what candidates are preferred. All of it can only
-- keep somebody from being granted a vacancy, and have the leader give up its lease of its
-- own accord: who holds the lease is not decided here.
--
-- In the record:
--   order: the term whose leader was asked to step down; order_by: who asked
--   order_to: the candidate that shall succeed it, '' for any
--   heir_until: until when a vacancy is reserved, 0 where it never was
--   heir: for whom; '' for whoever has the highest priority
--   named: '1' if the last grant was to a named heir, whom nobody preempts
--   pause_since: since when nobody is elected, 0 where there is no pause
--   pause_until: until when, 0 for until somebody resumes; pause_by: who asked
--   pause_keep: '1' if who leads may lead on

local RESERVED = 1000 -- for so long the preferred candidate alone may bid: it has been woken, and needs a round trip
local BAND = 2 ^ 42 -- a candidate's score is its priority times this, and the ms until which it counts as present
local FEW = 5 -- candidates that are woken when there is something to bid for
local MOST = 200 -- candidates that a script tries to wake; on a Cluster, PUBLISH counts who listens at the same node only

local function is_paused(record, now)
  return record.pause_since > 0 and (record.pause_until == 0 or now < record.pause_until)
end

-- settle_pause ends a pause that is over, and has one that a clock which went back has
-- moved into the future last for no longer than it was meant to.
local function settle_pause(record, now)
  if record.pause_since == 0 or record.pause_until == 0 then return end
  if now >= record.pause_until then
    record.pause_since = 0
    redis.call('HDEL', KEYS[3], 'pause_since', 'pause_until', 'pause_by', 'pause_keep')
  elseif now < record.pause_since then
    record.pause_since, record.pause_until = now, now + record.pause_until - record.pause_since
    redis.call('HSET', KEYS[3], 'pause_since', whole(now), 'pause_until', whole(record.pause_until))
  end
end

-- pause_left is how long a pause lasts, -1 if until somebody resumes.
local function pause_left(record, now)
  if record.pause_until == 0 then return -1 end
  return math.ceil((record.pause_until - now) / 1000)
end

-- is_reserved: a reservation of more than its time is one that a clock left behind.
local function is_reserved(record, now)
  return now < record.heir_until and record.heir_until <= now + RESERVED * 1000
end

-- reserve keeps a vacancy for a candidate, '' for whoever has the highest priority.
local function reserve(record, now, heir)
  record.heir, record.heir_until = heir, now + RESERVED * 1000
  redis.call('HSET', KEYS[3], 'heir', heir, 'heir_until', whole(record.heir_until))
  if not record.exists then redis.call('PEXPIRE', KEYS[3], RETENTION) end
end

local function score(priority, until_ms) return whole(priority * BAND + until_ms) end

local function band_of(its_score) return math.floor(tonumber(its_score) / BAND) end

local function is_present(its_score, now)
  return tonumber(its_score) - band_of(its_score) * BAND > now / 1000
end

-- purge removes those from the list who are not present any more: of a few priorities at
-- a time, from anywhere downwards, and then from the top.
local function purge(now)
  local from = score(now % 2001 - 1000, 0)
  for _, range in ipairs({ { from, '-inf' }, { '+inf', '(' .. from } }) do
    local at = range[1]
    for _ = 1, FEW do
      local first = redis.pcall('ZREVRANGEBYSCORE', KEYS[5], at, range[2], 'WITHSCORES', 'LIMIT', 0, 1)
      if failed(first) or not first[1] then break end
      local band = band_of(first[2])
      redis.pcall('ZREMRANGEBYSCORE', KEYS[5], score(band, 0), score(band, now / 1000))
      at = '(' .. score(band, 0)
    end
  end
end

-- wake tells a candidate that there may be something to bid for, and returns how many
-- have heard it: who has died or stopped since it was last heard of has not.
local function wake(channel, candidate)
  local received = try('PUBLISH', channel .. ':' .. candidate, 'vacant')
  return failed(received) and 0 or received
end

-- wake_those wakes a few of those whose scores are in a range, the highest first.
local function wake_those(channel, now, most, least, few)
  local present = redis.pcall('ZREVRANGEBYSCORE', KEYS[5], most, least, 'WITHSCORES', 'LIMIT', 0, MOST)
  if failed(present) then return end
  local woken = 0
  for i = 1, #present, 2 do
    if woken >= few then break end
    if is_present(present[i + 1], now) then woken = woken + wake(channel, present[i]) end
  end
end

-- wake_few wakes a few of those who are present. All of ten thousand would keep Redis busy
-- for longer than one of them needs to be elected (F22). The highest priority comes
-- first, and then who counts as present for longest: it was heard from last, most likely,
-- and lives. Where there are others, two of the lowest priority are woken too: those who
-- are preferred may all hang.
local function wake_few(channel, now)
  purge(now)
  wake_those(channel, now, '+inf', '-inf', FEW)
  local lowest = redis.pcall('ZRANGE', KEYS[5], 0, 0, 'WITHSCORES')
  local highest = redis.pcall('ZRANGE', KEYS[5], -1, -1, 'WITHSCORES')
  if failed(lowest) or failed(highest) or not lowest[1] or band_of(lowest[2]) == band_of(highest[2]) then return end
  wake_those(channel, now, '(' .. score(band_of(lowest[2]) + 1, 0), score(band_of(lowest[2]), 0), 2)
end

local function on_cluster() return field(info('cluster'), 'cluster_enabled', '%d') == '1' end

-- is_outranked reports whether a candidate of higher priority is there to bid, and wakes
-- it. Who doesn't hear is not; a Cluster can't tell who does.
local function is_outranked(now, priority, channel)
  for _ = 1, MOST do
    local top = redis.pcall('ZREVRANGEBYSCORE', KEYS[5], '+inf', score(priority + 1, 0), 'WITHSCORES', 'LIMIT', 0, 1)
    if failed(top) or not top[1] then return false end
    if is_present(top[2], now) and (wake(channel, top[1]) > 0 or on_cluster()) then return true end
    redis.pcall('ZREM', KEYS[5], top[1])
  end
  return false
end

-- ask has the leader told that it shall step down: by a message, and where that is lost
-- by the answer to its next renewal. To ask for the same again says nothing new.
local function ask(record, by, to, channel)
  try('PUBLISH', channel .. ':' .. record.holder, 'order')
  if record.order == record.term and record.order_by == by and record.order_to == to then return end
  record.order, record.order_by, record.order_to = record.term, by, to
  redis.call('HSET', KEYS[3], 'order', record.term, 'order_by', by, 'order_to', to)
  log('step-down', 'term', record.term, 'holder', record.holder, 'by', by, 'to', to)
end
