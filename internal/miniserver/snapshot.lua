-- Writes down all data of the server as the commands that restore it.
-- Reply: a list of commands, each a list of strings.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local commands = {}

local function add(command, ...)
  commands[#commands + 1] = { command, ... }
  return commands[#commands]
end

local function append(command, values)
  for _, value in ipairs(values) do
    command[#command + 1] = value
  end
end

-- miniredis' clock runs on during a script: a key may expire while it is written.
local function forget_after(count)
  for i = #commands, count + 1, -1 do
    commands[i] = nil
  end
end

local write = {
  string = function(key) add('SET', key, redis.call('GET', key)) end,
  hash = function(key) append(add('HSET', key), redis.call('HGETALL', key)) end,
  list = function(key) append(add('RPUSH', key), redis.call('LRANGE', key, 0, -1)) end,
  set = function(key) append(add('SADD', key), redis.call('SMEMBERS', key)) end,
  zset = function(key)
    local members = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    for i = 1, #members, 2 do
      add('ZADD', key, members[i + 1], members[i])
    end
  end,
  stream = function(key)
    for _, entry in ipairs(redis.call('XRANGE', key, '-', '+')) do
      append(add('XADD', key, entry[1]), entry[2])
    end
  end,
}

for db = 0, 15 do
  redis.call('SELECT', db)
  local keys = redis.call('KEYS', '*')
  if #keys > 0 then
    add('SELECT', tostring(db))
  end
  for _, key in ipairs(keys) do
    local writer = write[redis.call('TYPE', key).ok]
    if writer then
      local before = #commands
      writer(key)
      local left = redis.call('PTTL', key)
      if left == -2 then
        forget_after(before)
      elseif left >= 0 then
        -- Both readings are rounded down; rounded up once, no key expires early
        -- by more than a millisecond.
        add('PEXPIREAT', key, string.format('%.0f', now + left + 1))
      end
    end
  end
end
return commands
