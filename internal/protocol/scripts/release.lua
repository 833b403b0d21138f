-- release gives the lease of a claim back, and wakes those who wait for it.
--
-- KEYS: 1 to 5
-- ARGV: 1 InstanceID  2 claim  3 ttl  4 term, 0 for a bid whose outcome is unknown  5 reason  6 channel
--       7 drained: for how many ms nobody had led when this was sent, the work having taken that long to stop
-- Reply: granted if the lease was this claim's, else lost.
--
-- The claim is noted as spent even where it holds nothing: this release may have
-- overtaken the acquire that it is meant to undo.
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
redis.call('HDEL', KEYS[3], 'heir', 'heir_until') -- this is another vacancy than the last
if get_lease() == claim then redis.call('DEL', KEYS[2]) end
if get(1) == id then redis.call('DEL', KEYS[1]) end
local asked = record.order == record.term
log('end', 'term', record.term, 'holder', id, 'reason', reason, 'by', asked and record.order_by or '', 'drained', ARGV[7])

-- Whoever watches is told; of the candidates a few, and first the one that was named to
-- succeed. One that doesn't hear it is not waited for.
try('PUBLISH', channel, 'vacant')
redis.pcall('ZREM', KEYS[5], id)
wake(channel, id) -- another process may have this InstanceID (F23)
if asked and record.order_to ~= '' and (wake(channel, record.order_to) > 0 or on_cluster()) then
  reserve(record, now, record.order_to)
end
if not is_paused(record, now) then wake_few(channel, now) end
return reply('granted', record, now, { ours = false, holder = '', ms = 0, wait = 0 })
