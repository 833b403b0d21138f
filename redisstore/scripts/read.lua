-- read tells who leads. It writes nothing but cuts that an expiry needs, and those
-- only where it may. A script rather than plain reads, so that it goes to the
-- primary (F37) and sees one moment.
--
-- ARGV: 1 ttl, of the asker; for keys whose own is not known
-- Reply: held, quarantined or vacant.
local now = now_us()
local record, problem = load()
if problem then return problem end
local s
s, problem = standing(record, now, tonumber(ARGV[1] or '0'))
if problem then return problem end
return reply(refusal(s), record, now, s)
