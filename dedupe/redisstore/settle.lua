-- Extends, commits or releases a claim. KEYS: its record. ARGV: token, owner, deed, lease in µs, remember in ms, status.
-- The deed is extend, commit, release, or unused: release of a claim that was not used.
-- Answers {1}, or {0} if the claim is lost.
local token, owner, deed, lease, remember, status = unpack(ARGV)
local record = redis.call('GET', KEYS[1])
if not record then
	return {0}
end

local settled = record:match('^D(%d+):%d+$')
if settled then
	if deed ~= 'commit' or settled ~= token then
		return {0}
	end
	local left = redis.call('PTTL', KEYS[1])
	if left > 0 then -- since Redis 7.2 WAIT waits for nothing on a connection that wrote nothing
		redis.call('PEXPIRE', KEYS[1], left)
	end
	return {1}
end
settled = record:match('^F(%d+):%d+$')
if settled then
	return {(deed == 'release' or deed == 'unused') and settled == token and 1 or 0}
end
if record:match('^N%d+:') then
	return {0}
end
local held, run, runner = record:match('^P%d+:%d+:(%d+):(%d+):(.*)$')
if not held then
	return redis.error_reply('FOREIGN the value is no record of hookmitt')
end
if held ~= token or runner ~= owner then
	return {0}
end

if deed == 'extend' then
	local time = redis.call('TIME')
	record = string.format('P%.0f:%s:%s:%s:', time[1] * 1000000 + time[2] + lease, lease, token, run) .. owner
elseif deed == 'commit' then
	record = 'D' .. token .. ':' .. status
else
	record = string.format('F%s:%.0f', token, deed == 'unused' and run - 1 or run)
end
-- A Redis that is full refuses a script's first write if it may take memory, and later ones not. What was done must be
-- marked even then, so the first one gives memory back.
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], record, 'PX', remember)
return {1}
