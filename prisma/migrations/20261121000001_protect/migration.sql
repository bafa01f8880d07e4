-- Row-level security by mechanism, not by memory. Every migration that makes a table ends with
--   SELECT protect_tables();
-- and the product refuses to start while a table stands unprotected.
--
-- switchyard_app       reads and writes the rows of one tenant: the one in app.tenant_id of its transaction
-- switchyard_identity  signs people and keys in, before a tenant is known: sees identity's tables whole, and no others;
--                      of those that a tenant owns it changes none
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'switchyard_app') THEN
    CREATE ROLE switchyard_app NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'switchyard_identity') THEN
    CREATE ROLE switchyard_identity NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT;
  END IF;
END $$;

-- The tenant of this transaction. Unset or empty gives null, and null matches no row.
CREATE FUNCTION current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.tenant_id', true), '')::uuid $$;

CREATE FUNCTION protect_tables() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  found record;
  identity_tables text[] := ARRAY[
    'user', 'session', 'account', 'verification', 'tenant', 'member', 'invitation', 'api_key', 'two_factor', 'rate_limit',
    'oauth_client', 'oauth_resource', 'oauth_client_resource', 'oauth_access_token', 'oauth_refresh_token', 'oauth_consent',
    'oauth_client_assertion', 'sign_in_failure'];
  append_only text[] := ARRAY['audit_event', 'decision'];
BEGIN
  FOR found IN
    SELECT c.oid, c.relname,
           EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped) AS tenant_owned
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> '_prisma_migrations'
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', found.relname);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', found.relname);
    EXECUTE format('REVOKE ALL ON %I FROM PUBLIC, switchyard_app, switchyard_identity', found.relname);
    EXECUTE format('DROP POLICY IF EXISTS tenant_isolation ON %I', found.relname);
    EXECUTE format('DROP POLICY IF EXISTS identity_only ON %I', found.relname);
    IF found.relname = ANY (identity_tables) AND found.tenant_owned THEN
      -- Members, invitations and keys: identity only looks them up; they change in a transaction of their tenant.
      EXECUTE format('CREATE POLICY identity_only ON %I FOR SELECT TO switchyard_identity USING (true)', found.relname);
      EXECUTE format('GRANT SELECT ON %I TO switchyard_identity', found.relname);
    ELSIF found.relname = ANY (identity_tables) THEN
      EXECUTE format('CREATE POLICY identity_only ON %I TO switchyard_identity USING (true) WITH CHECK (true)', found.relname);
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO switchyard_identity', found.relname);
    END IF;
    IF found.tenant_owned THEN
      EXECUTE format('CREATE POLICY tenant_isolation ON %I TO switchyard_app '
        'USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', found.relname);
      EXECUTE format('GRANT SELECT, INSERT ON %I TO switchyard_app', found.relname);
      IF found.relname = 'audit_head' THEN
        GRANT UPDATE ON audit_head TO switchyard_app; -- a chain's end moves on and never goes
      ELSIF NOT found.relname = ANY (append_only) THEN
        EXECUTE format('GRANT UPDATE, DELETE ON %I TO switchyard_app', found.relname);
      END IF;
    END IF;
  END LOOP;
  -- The one table that belongs to no tenant and that the app writes: which of its own processes are alive.
  DROP POLICY IF EXISTS host_wide ON node_lease;
  CREATE POLICY host_wide ON node_lease TO switchyard_app USING (true) WITH CHECK (true);
  GRANT SELECT, INSERT, UPDATE, DELETE ON node_lease TO switchyard_app;
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO switchyard_app, switchyard_identity;

SELECT protect_tables();
