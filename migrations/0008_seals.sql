-- Passwords sealed at rest with ACCOUNTS_KEY (extractor/postgres/sealing.py). Users may still insert plain ones: the
-- first lease seals them.

-- A new password or a reset by hand ends the rest that refusals of the old one began. A sealed text is the system's own
-- writing: the same password in another form, or a new one whose statement ends the rest itself.
CREATE OR REPLACE FUNCTION worker_accounts_before_update()
RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF (NEW.password IS DISTINCT FROM OLD.password AND NOT starts_with(NEW.password, 'sealed:'))
       OR (NEW.failure_count = 0 AND OLD.failure_count > 0) THEN
        NEW.resting_until := NULL;
        NEW.last_error := NULL;
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON COLUMN worker_accounts.password IS
    'Password at the registry: plain as it was inserted, or sealed:v1:KEY:… once a worker with ACCOUNTS_KEY leased it.';
