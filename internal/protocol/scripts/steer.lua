-- steer does what people ask of an election: to have its leader step down, to elect
-- nobody for a while, and to elect again. Who asked goes into the history.
--
-- KEYS: 1 to 5
-- ARGV: 1 'step-down', 'pause' or 'resume'  2 by: who asks  3 to: who shall succeed, '' for any
--       4 for how many ms to pause, 0 for until resume  5 '1' if the leader may lead on meanwhile  6 channel
--       7 term: whose leader shall step down, '0' for any
-- Reply: granted if it was done or has been asked for; lost if that term has ended; else how
-- the election stands instead. A candidate that is not present is answered with absent.
--
-- It begins no quarantine and leaves the record's server as found: what this server may
-- have forgotten is for those to judge who bid and renew.
local kind, by, to, lasts, keep, channel, term = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1', ARGV[6], ARGV[7]
local now = now_us()

local record, problem = load()
if problem then return problem end
permit_writes()
settle_pause(record, now)
local s
s, problem = standing(record, now)
if problem then return problem end

if kind == 'step-down' then
  -- Without an heir to be found, or while nobody may be elected, it would leave nobody leading.
  if term ~= '0' and greater(record.term, term) then return reply('lost', record, now, s) end -- the client sent it twice
  if not s.ours then return reply(s.refusal or 'vacant', record, now, s) end
  if s.wait ~= s.ms then return reply('quarantined', record, now, s) end
  if is_paused(record, now) then return reply('paused', record, now, s) end
  if to == s.holder then return reply('held', record, now, s) end
  if to ~= '' then
    local its_score = redis.pcall('ZSCORE', KEYS[5], to)
    if failed(its_score) then return its_score end
    if not its_score or not is_present(its_score, now) then return reply('absent', record, now, s) end
  end
  ask(record, by, to, channel)
  return reply('granted', record, now, s)
end

if kind == 'resume' then
  if not is_paused(record, now) then return reply(s.refusal or 'vacant', record, now, s) end
  local paused_by = record.pause_by
  redis.call('HDEL', KEYS[3], 'pause_since', 'pause_until', 'pause_by', 'pause_keep')
  log('resume', 'by', by, 'paused_by', paused_by)
  if s.ms == 0 then wake_few(channel, now) end
  return reply('granted', record, now, s)
end

record.pause_since, record.pause_until, record.pause_by = now, 0, by
if lasts > 0 then record.pause_until = now + lasts * 1000 end
redis.call('HSET', KEYS[3], 'pause_since', whole(now), 'pause_until', whole(record.pause_until), 'pause_by', by, 'pause_keep', keep and '1' or '')
if record.claim == '' then redis.call('PEXPIRE', KEYS[3], RETENTION) end -- else its expiry tells of the lease
log('pause', 'by', by, 'for', whole(lasts))
if s.ours and not keep then
  if record.order ~= record.term then ask(record, by, '', channel) end
elseif s.ms > 0 and not keep then
  try('PUBLISH', channel .. ':' .. s.holder, 'order') -- its record was lost: it is told when it renews
end
return reply('granted', record, now, s)
