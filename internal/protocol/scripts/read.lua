-- read tells who leads. It writes nothing but cuts that an expiry needs, and those
-- only where it may. A script rather than plain reads, so that it goes to the
-- primary (F37) and sees one moment.
--
-- KEYS: 1 to 3
-- Reply: held, quarantined or vacant.
local now = now_us()
local record, problem = load()
if problem then return problem end
local s
s, problem = standing(record, now)
if problem then return problem end
return reply(refusal(s), record, now, s)
