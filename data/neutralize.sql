-- A restored copy must not talk to anybody and must not act for anybody.

-- Queues stand still: nothing is claimed, neither what waits nor what is retried. What arrives is refused, because
-- the endpoints are off the wire.
UPDATE sync_endpoint SET state = 'suspended', paused = true WHERE state = 'live';

-- Secrets are destroyed and not only switched off: a copy is read by more people than the original.
UPDATE sync_credential_version SET secret_encrypted = NULL, secret_hash = NULL, state = 'revoked';
DELETE FROM sync_access_token;
DELETE FROM sync_sender_token;

-- What was allowed to leave the region of the original is not allowed from here.
UPDATE sync_data_transfer SET state = 'revoked', revoked_at = now() AT TIME ZONE 'UTC' WHERE state = 'approved';

-- Work that was under way elsewhere when the copy was taken is nobody's here.
UPDATE sync_lane SET claim = NULL, worker_id = NULL, claimed_at = NULL WHERE claim IS NOT NULL;
UPDATE sync_poll SET claim = NULL, worker_id = NULL, claimed_at = NULL, wanted_at = NULL;
DELETE FROM sync_worker;
-- Which database is in use is for a security officer to say anew, on screen.
UPDATE sync_production SET fingerprint = NULL, as_copy = false;
UPDATE sync_alarm SET rung_at = NULL;
DELETE FROM sync_engine_check;
UPDATE sync_command SET executed_at = now() AT TIME ZONE 'UTC', state = 'cancelled' WHERE executed_at IS NULL;

-- What was posted in the original is told by the original.
UPDATE account_move SET ledger_waiting_since = NULL WHERE ledger_waiting_since IS NOT NULL;
-- A copy closes no manifest of the day.
UPDATE delivery_carrier SET label_manifest_daily = false WHERE label_manifest_daily;
