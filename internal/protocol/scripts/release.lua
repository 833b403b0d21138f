-- release gives the lease of a claim back, and wakes those who wait for it.
--
-- KEYS: 1 to 5
-- ARGV: 1 InstanceID  2 claim  3 ttl  4 term, 0 for a bid whose outcome is unknown  5 reason  6 channel
-- Reply: granted if the lease was this claim's, else lost.
--
-- The claim is noted as spent even where it holds nothing: this release may have
-- overtaken the acquire that it is meant to undo.
local FEW = 5 -- candidates that a release wakes
local MOST = 200 -- candidates that it tries to; on a Cluster, PUBLISH counts who listens at the same node only

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

-- Whoever watches is told; of the candidates a few. All of ten thousand would keep Redis
-- busy for longer than one of them needs to be elected (F22). Who counts as present for
-- longest was heard from last, most likely, and lives; PUBLISH tells whether anybody
-- received the message, so that those who have stopped since don't count.
try('PUBLISH', channel, 'vacant')
local woken = 0
local function wake(candidate)
  local received = try('PUBLISH', channel .. ':' .. candidate, 'vacant')
  if not failed(received) then woken = woken + received end
end
redis.pcall('ZREM', KEYS[5], id)
wake(id) -- another process may have this InstanceID (F23)
local present = redis.pcall('ZREVRANGEBYSCORE', KEYS[5], '+inf', whole(now / 1000), 'LIMIT', 0, MOST)
if not failed(present) then
  for _, candidate in ipairs(present) do
    if woken >= FEW then break end
    wake(candidate)
  end
end
return reply('granted', record, now, { ours = false, holder = '', ms = 0, wait = 0 })
