-- Claims an event. KEYS: its record. ARGV: owner, lease in µs, remember in ms.
-- Answers {1, token, run} claimed, {2, µs to wait} pending, or {3, status} done.
local owner, lease, remember = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function pending(ends, lease, token, run, owner)
	return string.format('P%.0f:%.0f:%.0f:%.0f:', ends, lease, token, run) .. owner
end

local new = redis.pcall('SET', KEYS[1], pending(now + lease, lease, now, 1, owner), 'NX', 'PX', remember)
if new and new.ok then
	return {1, now, 1}
end
if new and not new.err:find('OOM', 1, true) then -- this is a replica, say, and what it knows may be old
	return new
end
local record = redis.call('GET', KEYS[1])
if not record then
	return new -- Redis is full. What is known is answered even then.
end

local status = record:match('^D%d+:(%d+)$')
if status then
	return {3, tonumber(status)}
end

local ends, held, token, run, runner = record:match('^P(%d+):(%d+):(%d+):(%d+):(.*)$')
if ends then
	if runner == owner then -- a claim whose reply was lost, and that is asked for again
		local left = redis.call('PTTL', KEYS[1])
		if left > 0 then -- since Redis 7.2 WAIT waits for nothing on a connection that wrote nothing
			redis.call('PEXPIRE', KEYS[1], left)
		end
		return {1, tonumber(token), tonumber(run)}
	end
	local left = ends - now
	if left > tonumber(held) then -- the clock was put back: the lease shall not last the longer for it
		left = tonumber(held)
		redis.pcall('SET', KEYS[1], pending(now + left, held, token, run, runner), 'KEEPTTL')
	end
	if left > 0 then
		return {2, left}
	end
else
	token, run = record:match('^F(%d+):(%d+)$')
end
if not token then
	token, runner = record:match('^N(%d+):(.*)$')
	run = 0
	if not token then
		return redis.error_reply('FOREIGN the value is no record of hookmitt')
	end
	if runner == owner then -- what it did was forgotten, so it must not have the event again
		return {2, math.min(math.max(lease, 1), 1000000)}
	end
end

token, run = math.max(token + 1, now), run + 1
redis.call('DEL', KEYS[1]) -- as in settle.lua: what is known may run even in a Redis that is full
redis.call('SET', KEYS[1], pending(now + lease, lease, token, run, owner), 'PX', remember)
return {1, token, run}
