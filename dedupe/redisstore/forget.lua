-- Forgets an event, so that the next claim is run 1. KEYS: its record.
-- The token stays, so that the next one is larger; and so does who was running the event, who has lost it.
local record = redis.call('GET', KEYS[1])
if not record or record:match('^N%d+:') then
	return {1}
end
local token = record:match('^[DF](%d+):%d+$')
local runner = ''
if not token then
	token, runner = record:match('^P%d+:%d+:(%d+):%d+:(.*)$')
end
if not token then
	return redis.error_reply('FOREIGN the value is no record of hookmitt')
end
redis.call('SET', KEYS[1], 'N' .. token .. ':' .. runner, 'KEEPTTL')
return {1}
