-- CreateTable
CREATE TABLE "audit_keeping" (
    "tenant_id" UUID NOT NULL,
    "retention_days" INTEGER,
    "checkpoint" INTEGER NOT NULL DEFAULT 0,
    "checkpoint_seq" BIGINT NOT NULL DEFAULT 0,
    "checkpoint_at" TIMESTAMPTZ(3),
    "kept_at" TIMESTAMPTZ(3),

    CONSTRAINT "audit_keeping_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "audit_stream" (
    "tenant_id" UUID NOT NULL,
    "url" TEXT NOT NULL,
    "acked_seq" BIGINT NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "next_at" TIMESTAMPTZ(3) NOT NULL,
    "last_error" TEXT,
    "last_acked_at" TIMESTAMPTZ(3),

    CONSTRAINT "audit_stream_pkey" PRIMARY KEY ("tenant_id")
);

-- The only way in which links of a chain go, since the app's role may not delete them: the oldest ones, older than 30 days,
-- up to the one that a record in the chain names as cut off. Gives how many went.
CREATE FUNCTION cut_audit(up_to bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  gone bigint;
BEGIN
  IF NOT EXISTS (
    SELECT FROM audit_event
    WHERE tenant_id = current_tenant() AND target_kind = 'audit' AND target_id = 'history' AND action = 'audit.history_cut'
      AND seq > up_to AND after->>'through' = up_to::text)
  THEN
    RAISE EXCEPTION 'no record of the chain says that it is cut off at %', up_to;
  END IF;
  IF EXISTS (
    SELECT FROM audit_event
    WHERE tenant_id = current_tenant() AND seq <= up_to AND at > now() - interval '30 days')
  THEN
    RAISE EXCEPTION 'links of the last 30 days are not cut off';
  END IF;
  DELETE FROM audit_event WHERE tenant_id = current_tenant() AND seq <= up_to;
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;

-- Row-level security is forced on the owner too, who runs the function where the owner is no superuser.
CREATE POLICY history_cut_sees ON "audit_event" FOR SELECT TO CURRENT_USER USING (tenant_id = current_tenant());
CREATE POLICY history_cut ON "audit_event" FOR DELETE TO CURRENT_USER USING (tenant_id = current_tenant());

REVOKE ALL ON FUNCTION cut_audit(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cut_audit(bigint) TO switchyard_app;

SELECT protect_tables();
