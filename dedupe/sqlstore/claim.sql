INSERT INTO {table} AS c (event, state, token, run, owner, status, lease, lease_until, forget_at)
VALUES ($1, 'pending', {now}, 1, $2, 0, $3, {now} + $3, {now} + $4)
ON CONFLICT (event) DO UPDATE SET
	state = 'pending',
	token = CASE WHEN c.token < {now} THEN {now} ELSE c.token + 1 END,
	run = CASE WHEN c.forget_at <= {now} THEN 1 ELSE c.run + 1 END,
	owner = excluded.owner,
	status = 0,
	lease = excluded.lease,
	lease_until = {now} + excluded.lease,
	forget_at = {now} + $4
WHERE c.forget_at <= {now}
	OR c.state = 'failed'
	OR c.state = 'pending' AND c.lease_until <= {now} AND c.owner <> excluded.owner
	OR c.state = 'forgotten' AND (c.owner = '' OR c.owner <> excluded.owner)
RETURNING 'won', token, run, owner, status, lease, lease, forget_at
