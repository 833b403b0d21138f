-- read tells who leads. It writes nothing but cuts that an expiry needs, and those
-- only where it may. A script rather than plain reads, so that it goes to the
-- primary and sees one moment; a replica that a client asks all the same refuses.
--
-- KEYS: 1 to 3
-- Reply: held, quarantined or vacant.
if field(info('replication'), 'role', '%a+') == 'slave' then
  return redis.error_reply('READONLY this is a replica, and who leads may be news to it') -- (F37)
end
local now = now_us()
local record, problem = load()
if problem then return problem end
local s
s, problem = standing(record, now)
if problem then return problem end
return reply(refusal(s), record, now, s)
