-- fence goes in front of every script: what follows runs only if the term is not
-- lower than the highest that the fence has seen.
--
-- KEYS: the script's own, then the fence: a string, the highest term seen
-- ARGV: the script's own, then the term
-- Reply: STALETERM and the highest term, or BADFENCE and a reason, as errors; else the script's own.
--
-- Terms are decimal strings: a Lua number is exact up to 2^53 only. The script that
-- follows finds its own KEYS and ARGV, as if the fence were not there. The fence is
-- raised before it runs, since Redis undoes nothing if it fails.
do
  local fence, term = table.remove(KEYS), table.remove(ARGV)

  local function greater(a, b)
    if #a ~= #b then return #a > #b end
    return a > b
  end

  local highest = redis.pcall('GET', fence) or '0'
  if type(highest) == 'table' then return redis.error_reply('BADFENCE ' .. highest.err) end
  if #highest > 19 or not (highest == '0' or string.match(highest, '^[1-9]%d*$')) then
    return redis.error_reply('BADFENCE it holds something else than a term')
  end
  if greater(highest, term) then return redis.error_reply('STALETERM ' .. highest) end
  if highest ~= term then redis.call('SET', fence, term) end -- without expiry
end
