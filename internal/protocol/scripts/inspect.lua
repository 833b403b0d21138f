-- inspect tells what people want to see of an election beside who leads.
--
-- KEYS: 1 to 5
-- ARGV: 1 how many candidates, 2 how many entries of the history, at the most
-- Reply: that of read; of the candidates, gone ones among them, by turns the InstanceID and
-- its score; what a priority counts in that; of the history {id, {name, value, ...}}, the latest first.
-- What is somebody else's there is shown as nothing.
local seen = look()
if failed(seen) then return seen end
local function shown(...)
  local result = redis.pcall(...)
  if failed(result) then return {} end
  return result
end
return {
  seen,
  shown('ZREVRANGEBYSCORE', KEYS[5], '+inf', '-inf', 'WITHSCORES', 'LIMIT', 0, ARGV[1]),
  whole(BAND),
  shown('XREVRANGE', KEYS[4], '+', '-', 'COUNT', ARGV[2]),
}
