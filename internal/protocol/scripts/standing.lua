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
local function standing(record, now)
  local s = { ms = 0 }
  local holder, claim, lease_ttl, problem
  holder, problem = get(1)
  if problem then return nil, problem end
  claim, lease_ttl, problem = get_lease()
  if problem then return nil, problem end

  if record.claim ~= '' then s.ms = math.max(0, left(3, RETENTION) - RETENTION + record.ttl) end
  if claim then s.ms = math.max(s.ms, left(2, lease_ttl)) end
  s.claim, s.ours = claim, s.ms > 0

  if holder and s.ours and holder == record.holder then
    s.ms = math.max(s.ms, left(1, record.ttl))
  elseif holder then
    local foreign = redis.call('PTTL', KEYS[1])
    if foreign == -1 and record.claim ~= '' and holder == record.holder then
      foreign = left(1, record.ttl) -- not foreign: our own, after a PERSIST, and nobody asked before the lease had ended (F39)
    end
    s.ours = false
    if foreign == -1 then s.ms = -1 else s.ms = math.max(s.ms, foreign, 1) end
  end
  s.holder = holder or (s.ours and record.holder) or ''
  s.wait = s.ms
  if s.ms >= 0 then s.wait = math.max(s.ms, math.ceil((record.not_before - now) / 1000)) end
  if s.ms ~= 0 then
    s.refusal = 'held'
  elseif s.wait > 0 then
    s.refusal = 'quarantined'
  elseif is_paused(record, now) then
    s.refusal, s.wait = 'paused', pause_left(record, now)
  elseif is_reserved(record, now) then
    s.refusal, s.wait = 'reserved', math.ceil((record.heir_until - now) / 1000)
  end
  return s
end

-- reply: verdict, term, ttl, wait, now, then of the leader: holder, host, term,
-- since, last heartbeat (holder '' if nobody leads); then the warning; how many take
-- part, 0 where that was not counted; the leader's priority; who asked it to step down
-- and in whose favour; of a pause since when, until when and by whom; and for whom a
-- vacancy is reserved.
local function reply(verdict, record, now, s)
  local host, term, since, beat, priority, asked_by, asked_to = '', '0', 0, 0, 0, '', ''
  local paused_since, paused_until, paused_by, heir = 0, 0, '', ''
  local known, ttl = greatest(record.term, record.seen), record.ttl
  if verdict == 'granted' then known = record.term end -- what a rival told of is not what was granted
  if now < record.not_before then ttl = math.max(ttl, record.quarantine) end
  if s.ours then
    host, term, since = record.host, record.term, record.since
    beat = now - (record.ttl - s.ms) * 1000
    priority = record.priority
    if record.order == record.term then
      asked_by, asked_to = record.order_by, record.order_to
    elseif is_paused(record, now) and record.pause_keep ~= '1' then
      asked_by = record.pause_by -- the record may have been lost, and with it the order
    end
  elseif is_reserved(record, now) then
    heir = record.heir
  end
  if is_paused(record, now) then
    paused_since, paused_until, paused_by = record.pause_since, record.pause_until, record.pause_by
  end
  return { verdict, known, whole(ttl), whole(s.wait), whole(now),
    s.holder, host, term, whole(since), whole(beat), warning, whole(s.candidates or 0),
    whole(priority), asked_by, asked_to, whole(paused_since), whole(paused_until), paused_by, heir }
end

-- look replies who leads, and changes nothing.
local function look()
  if field(info('replication'), 'role', '%a+') == 'slave' then
    return redis.error_reply('READONLY this is a replica, and who leads may be news to it') -- (F37)
  end
  local now = now_us()
  local record, problem = load()
  if problem then return problem end
  local s
  s, problem = standing(record, now)
  if problem then return problem end
  return reply(s.refusal or 'vacant', record, now, s)
end
