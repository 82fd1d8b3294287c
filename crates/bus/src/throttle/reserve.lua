-- Reserves a block of permits of a limit, and notes who uses it.
--
-- KEYS  the due time of the next permit; the nodes by the time they last asked
-- ARGV  node, a block's time, how late a permit may be used, how long a node counts as active
-- Gives how long until the block is due, which may lie back a little, and the number of nodes.
--
-- All times are microseconds of this server's clock, so that the nodes' clocks don't matter. Numbers
-- are formatted, for Lua would round what it makes of them by itself.
local whole = function(number) return string.format('%.0f', number) end
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local block, slack, active = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

redis.call('ZADD', KEYS[2], whole(now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', whole(now - active))
redis.call('PEXPIRE', KEYS[2], whole(active / 1000))
local nodes = redis.call('ZCARD', KEYS[2])

local due = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now - slack)
-- Each node is one block ahead at the most. What lies farther was written before the clock was set
-- back; nobody should wait that long.
due = math.min(due, now + 2 * (nodes + 1) * block)
local free = due + block
redis.call('SET', KEYS[1], whole(free), 'PX', whole(math.max(free - now + slack, 1000) / 1000 + 1))
return { due - now, nodes }
