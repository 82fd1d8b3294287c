-- Takes one permit of a key's share, if there is one.
--
-- KEYS  when the share is whole again
-- ARGV  the time that a permit takes, the time that a whole share takes
-- Gives whether there was a permit, and how long until the share is whole.
--
-- All times are microseconds of this server's clock, so that the nodes' clocks don't matter. Numbers
-- are formatted, for Lua would round what it makes of them by itself.
local whole = function(number) return string.format('%.0f', number) end
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local step, window = tonumber(ARGV[1]), tonumber(ARGV[2])

-- What lies farther than a share was written before the clock was set back.
local used = math.min(math.max(tonumber(redis.call('GET', KEYS[1]) or '0') - now, 0), window)
if used + step > window then
  return { 0, used }
end
used = used + step
redis.call('SET', KEYS[1], whole(now + used), 'PX', whole(used / 1000 + 1))
return { 1, used }
