-- announce publishes the leader's LeaderInfo for readers outside this library, or
-- takes it back. Best effort: the election never reads it.
--
-- KEYS: 1 RedisInfoKeyName, which may lie in another slot than the lease
-- ARGV: 1 the JSON, '' to take it back  2 term  3 ttl
-- Reply: granted, or lost where a higher term has announced itself.
--
-- What is no LeaderInfo is somebody else's, and left alone.
local json, term, ttl = ARGV[1], ARGV[2], ARGV[3]
local old, problem = get(1, 16384)
if problem then return problem end
if old then
  if not string.find(old, '"instance_id"', 1, true) then return wrong_type(1, 'holds something else than a LeaderInfo') end
  local told = string.match(old, '"term"%s*:%s*(%d+)') or '0'
  if greater(told, term) then return { 'lost' } end
  if json == '' and told ~= term then return { 'lost' } end
end
if json == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], json, 'PX', ttl)
end
return { 'granted' }
