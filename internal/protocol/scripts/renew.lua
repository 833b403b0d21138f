-- renew extends the lease of a claim to a whole ttl from now.
--
-- KEYS: 1 to 3
-- ARGV: 1 InstanceID  2 claim  3 ttl  4 term  5 host  6 since: when the term began  7 priority
-- Reply: granted, or lost.
--
-- The lease is ours where the record names our term and claim; and where it names
-- a lower term, since then this server went back in time, and the higher term
-- wins. L must then be missing, ours, or that lower term's.
--
-- Extending needs nothing but PEXPIRE, which works at maxmemory (F16); the rest
-- puts back what vanished.
local id, claim, ttl, term, host, since = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6]
local now = now_us()

local record, problem = load()
if problem then return problem end
permit_writes()
problem = guard(record, now, ttl, term, ttl)
if problem then return problem end

local holder, lease, _
holder, problem = get(1)
if problem then return problem end
lease, _, problem = get_lease()
if problem then return problem end

local higher = greater(term, record.term)
local ours = higher or (term == record.term and claim == record.claim)
if holder and holder ~= id and not (higher and holder == record.holder) then ours = false end
if not ours then
  local s
  s, problem = standing(record, now)
  if problem then return problem end
  return reply('lost', record, now, s)
end

if higher or holder ~= id or lease ~= claim then
  redis.call('SET', KEYS[2], claim .. ' ' .. whole(ttl), 'PX', whole(ttl))
  redis.call('SET', KEYS[1], id, 'PX', whole(ttl))
  redis.call('HSET', KEYS[3], 'term', term, 'claim', claim, 'holder', id, 'host', host, 'since', since, 'ttl', whole(ttl), 'priority', ARGV[7])
end
redis.call('PEXPIRE', KEYS[1], whole(ttl))
redis.call('PEXPIRE', KEYS[2], whole(ttl))
redis.call('PEXPIRE', KEYS[3], RETENTION)

record.term, record.host, record.since, record.ttl, record.priority = term, host, tonumber(since), ttl, tonumber(ARGV[7])
return reply('granted', record, now, { ours = true, holder = id, ms = ttl, wait = ttl })
