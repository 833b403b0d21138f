-- set writes a string.
--
-- KEYS: 1 the key
-- ARGV: the value, then what SET takes behind it
-- Reply: OK
return redis.call('SET', KEYS[1], unpack(ARGV))
