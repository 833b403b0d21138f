-- acquire grants the lease to a claim, if nobody holds one and no quarantine runs.
--
-- KEYS: 1 to 5
-- ARGV: 1 InstanceID  2 claim  3 ttl  4 seen: the highest term the candidate has heard of
--       5 the ttl of that term's lease  6 host  7 channel  8 presence: how long the candidate counts as present
--       9 priority  10 '1' to have a leader of lower priority asked to step down
-- Reply: granted, or held / quarantined / paused / reserved with the time to wait; lost for a claim that was
-- given back or has ended.
--
-- A claim is granted once. The same claim finding itself granted is told so
-- again, without extending anything: the client sent the command twice, and
-- counts from the first time. Granting to the same *instance* again instead would
-- let two commands of different age each believe in the whole lease.
local id, claim, ttl, seen, seen_ttl = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local host, channel, presence = ARGV[6], ARGV[7], tonumber(ARGV[8])
local priority, preempts = tonumber(ARGV[9]), ARGV[10] == '1'
local now = now_us()

local record, problem = load()
if problem then return problem end
permit_writes()
problem = guard(record, now, ttl, seen, seen_ttl)
if problem then return problem end
settle_pause(record, now)
local s
s, problem = standing(record, now)
if problem then return problem end

if not failed(try('ZADD', KEYS[5], score(priority, now / 1000 + presence), id)) then
  purge(now)
  redis.pcall('PEXPIRE', KEYS[5], RETENTION)
end
s.candidates = tonumber(try('ZCARD', KEYS[5])) -- nil if that failed

if claim == record.claim and s.claim == claim and s.ours then
  -- From Redis 7.2 on, WAIT counts from what its connection wrote last, and this
  -- may be another than the grant's: so something must be written (F14).
  redis.call('HSET', KEYS[3], 'run', record.run)
  return reply('granted', record, now, s)
end
if claim == record.claim or is_spent(record, claim) then return reply('lost', record, now, s) end

-- Of a vacancy, whoever is preferred has the first right: for a moment and once, so
-- that one that doesn't come keeps nobody out.
if s.refusal == 'reserved' then
  local mine = record.heir == id
  if record.heir == '' then mine = not is_outranked(now, priority, channel) end
  if mine then s.refusal, s.wait = nil, 0 end
elseif not s.refusal and record.heir_until == 0 and is_outranked(now, priority, channel) then
  reserve(record, now, '')
  s.refusal, s.wait = 'reserved', RESERVED
end
if s.refusal == 'paused' then
  -- A pause is kept for as long as anybody bids, with the record whose expiry would
  -- otherwise tell of the last lease: that has ended.
  if record.claim ~= '' then
    redis.call('HSET', KEYS[3], 'claim', '', 'spent', with_spent(record, record.claim))
    log('end', 'term', record.term, 'holder', record.holder, 'reason', 'expired')
  end
  redis.call('PEXPIRE', KEYS[3], RETENTION)
end
if preempts and s.ours and s.wait == s.ms and priority > record.priority and record.named ~= '1' and record.order ~= record.term
  and not is_paused(record, now) and (wake(channel, id) > 0 or on_cluster()) then -- else it would not be waited for, and ask the next leader, and the next
  ask(record, id, '', channel)
end
if s.wait ~= 0 then return reply(s.refusal, record, now, s) end

-- Server time as the lower bound keeps terms growing where the record was lost.
local term = greatest(successor(greatest(greatest(record.term, record.seen), seen)), whole(now))
if greater(term, LAST_TERM) then return wrong_type(3, 'has no term left to grant') end
local ended = record.claim ~= '' and record.term
local holder = record.holder

local granted = redis.pcall('HSET', KEYS[3], 'term', term, 'claim', claim, 'holder', id, 'host', host,
  'since', whole(now), 'ttl', whole(ttl), 'run', record.run, 'not_before', '0', 'quarantine', '0', 'seen', '0', 'priority', whole(priority))
if failed(granted) then return granted end
redis.call('HDEL', KEYS[3], 'order', 'order_by', 'order_to', 'heir', 'heir_until', 'named')
if record.heir == id then redis.call('HSET', KEYS[3], 'named', '1') end
redis.call('PEXPIRE', KEYS[3], RETENTION)
redis.call('SET', KEYS[2], claim .. ' ' .. whole(ttl), 'PX', whole(ttl))
redis.call('SET', KEYS[1], id, 'PX', whole(ttl))
if ended then log('end', 'term', ended, 'holder', holder, 'reason', 'expired') end
log('begin', 'term', term, 'holder', id, 'host', host)
try('PUBLISH', channel, 'elected')
try('ZREVRANGEBYSCORE', KEYS[5], '+inf', '+inf', 'LIMIT', 0, 1) -- which the release will need to wake anybody
redis.pcall('ZREM', KEYS[5], id) -- it takes part no more: should it die, nobody is to wait for it

record.term, record.seen, record.ttl, record.since, record.host, record.not_before, record.priority = term, '0', ttl, now, host, 0, priority
return reply('granted', record, now, { ours = true, holder = id, ms = ttl, wait = ttl, candidates = s.candidates })
