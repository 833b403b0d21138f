-- release gives the lease of a claim back, and wakes those who wait for it.
--
-- KEYS: 1 to 5
-- ARGV: 1 InstanceID  2 claim  3 ttl  4 term, 0 for a bid whose outcome is unknown  5 reason  6 channel
-- Reply: granted if the lease was this claim's, else lost.
--
-- The claim is noted as spent even where it holds nothing: this release may have
-- overtaken the acquire that it is meant to undo.
local FEW = 5 -- candidates that a release wakes

local id, claim, ttl, term, reason, channel = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6]
local now = now_us()

local record, problem = load()
if problem then return problem end
permit_writes()
problem = guard(record, now, ttl, term, ttl)
if problem then return problem end

redis.call('HSET', KEYS[3], 'spent', with_spent(record, claim), 'run', record.run)
if not record.exists then redis.call('PEXPIRE', KEYS[3], RETENTION) end
local s
if claim ~= record.claim then
  s, problem = standing(record, now)
  if problem then return problem end
  return reply('lost', record, now, s)
end

redis.call('HSET', KEYS[3], 'claim', '')
if get_lease() == claim then redis.call('DEL', KEYS[2]) end
if get(1) == id then redis.call('DEL', KEYS[1]) end
log('end', 'term', record.term, 'holder', id, 'reason', reason)

-- Whoever watches is told; of the candidates, those that were heard from last, which are
-- the most likely to live. All of ten thousand would keep Redis busy for longer than
-- one of them needs to be elected (F22). If none of these lives, another asks by itself.
try('PUBLISH', channel, 'vacant')
redis.pcall('ZREM', KEYS[5], id)
local next = redis.pcall('ZREVRANGEBYSCORE', KEYS[5], '+inf', whole(now / 1000), 'LIMIT', 0, FEW)
if not failed(next) then
  for _, candidate in ipairs(next) do try('PUBLISH', channel .. ':' .. candidate, 'vacant') end
end
return reply('granted', record, now, { ours = false, holder = '', ms = 0, wait = 0 })
