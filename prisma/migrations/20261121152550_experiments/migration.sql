-- CreateEnum
CREATE TYPE "flag_kind" AS ENUM ('boolean', 'variant');

-- CreateEnum
CREATE TYPE "rollout_status" AS ENUM ('draft', 'scheduled', 'running', 'held', 'rolled_back', 'completed', 'closed');

-- CreateTable
CREATE TABLE "experiment_version" (
    "id" UUID NOT NULL,
    "version" BIGINT NOT NULL DEFAULT 0,
    "has_rollout" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "experiment_version_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "work_lease" (
    "name" TEXT NOT NULL,
    "holder" UUID NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "work_lease_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "kill_switch" (
    "tenant_id" UUID NOT NULL,
    "thrown" BOOLEAN NOT NULL,
    "reason" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "kill_switch_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "flag" (
    "tenant_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "kind" "flag_kind" NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "variants" JSONB NOT NULL DEFAULT '[]',
    "salt" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "version" INTEGER NOT NULL DEFAULT 1,
    "updated_by" TEXT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "flag_pkey" PRIMARY KEY ("tenant_id","key")
);

-- CreateTable
CREATE TABLE "rollout" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "status" "rollout_status" NOT NULL DEFAULT 'draft',
    "version" INTEGER NOT NULL DEFAULT 1,
    "plan" JSONB NOT NULL,
    "salt" TEXT NOT NULL,
    "step_index" INTEGER NOT NULL DEFAULT 0,
    "share_basis_points" INTEGER NOT NULL DEFAULT 0,
    "epoch" INTEGER NOT NULL DEFAULT 0,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "start_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3),
    "started_by" TEXT,
    "step_started_at" TIMESTAMPTZ(3),
    "approved_by" TEXT,
    "approved_by_name" TEXT,
    "ticks" JSONB NOT NULL DEFAULT '[]',
    "reason" TEXT NOT NULL DEFAULT '',
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "rollout_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rollout_change" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "rollout_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "action" TEXT NOT NULL,
    "actor_kind" TEXT NOT NULL,
    "actor_name" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "before" JSONB NOT NULL,
    "after" JSONB NOT NULL,

    CONSTRAINT "rollout_change_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rollout_evaluation" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "rollout_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "attempt" INTEGER NOT NULL,
    "epoch" INTEGER NOT NULL,
    "step_index" INTEGER NOT NULL,
    "share_basis_points" INTEGER NOT NULL,
    "did" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "guards" JSONB NOT NULL,
    "differences" JSONB NOT NULL,
    "treatment_units" INTEGER NOT NULL,
    "control_units" INTEGER NOT NULL,
    "rule_version" INTEGER NOT NULL,
    "fingerprint" TEXT NOT NULL,

    CONSTRAINT "rollout_evaluation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "exposure" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "rollout_id" UUID NOT NULL,
    "attempt" INTEGER NOT NULL,
    "epoch" INTEGER NOT NULL,
    "unit" TEXT NOT NULL,
    "conversation" TEXT NOT NULL,
    "band" TEXT NOT NULL,
    "arm" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "answers" INTEGER NOT NULL DEFAULT 0,
    "had_error" BOOLEAN NOT NULL DEFAULT false,
    "complained" BOOLEAN NOT NULL DEFAULT false,
    "crossed" BOOLEAN NOT NULL DEFAULT false,
    "latency_ms" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "priced_answers" INTEGER NOT NULL DEFAULT 0,
    "cost_micros" BIGINT NOT NULL DEFAULT 0,
    "scores" INTEGER NOT NULL DEFAULT 0,
    "score" DOUBLE PRECISION NOT NULL DEFAULT 0,

    CONSTRAINT "exposure_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outcome" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "exposure_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "served_arm" TEXT NOT NULL,
    "error" BOOLEAN NOT NULL,
    "fallback" BOOLEAN NOT NULL,
    "latency_ms" DOUBLE PRECISION NOT NULL,
    "cost_micros" BIGINT,
    "prompt_tokens" INTEGER NOT NULL,
    "completion_tokens" INTEGER NOT NULL,
    "intent" TEXT,
    "model" TEXT,
    "tools" TEXT[],

    CONSTRAINT "outcome_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "arm_count" (
    "tenant_id" UUID NOT NULL,
    "rollout_id" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "band" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "share_basis_points" INTEGER NOT NULL,
    "units" INTEGER NOT NULL DEFAULT 0,
    "answered_units" INTEGER NOT NULL DEFAULT 0,
    "error_units" INTEGER NOT NULL DEFAULT 0,
    "complaint_units" INTEGER NOT NULL DEFAULT 0,
    "crossed_units" INTEGER NOT NULL DEFAULT 0,
    "answers" INTEGER NOT NULL DEFAULT 0,
    "errors" INTEGER NOT NULL DEFAULT 0,
    "fallbacks" INTEGER NOT NULL DEFAULT 0,
    "slow" INTEGER NOT NULL DEFAULT 0,
    "prompt_tokens" BIGINT NOT NULL DEFAULT 0,
    "completion_tokens" BIGINT NOT NULL DEFAULT 0,
    "cost_units" INTEGER NOT NULL DEFAULT 0,
    "cost_sum" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "cost_squares" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "latency_sum" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "latency_squares" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "latencies" INTEGER[],
    "score_units" INTEGER NOT NULL DEFAULT 0,
    "score_sum" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "score_squares" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "pairs" INTEGER NOT NULL DEFAULT 0,
    "pair_sum" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "pair_squares" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "last_at" TIMESTAMPTZ(3),

    CONSTRAINT "arm_count_pkey" PRIMARY KEY ("tenant_id","rollout_id","epoch","band")
);

-- CreateTable
CREATE TABLE "segment_count" (
    "tenant_id" UUID NOT NULL,
    "rollout_id" UUID NOT NULL,
    "attempt" INTEGER NOT NULL,
    "dimension" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "band" TEXT NOT NULL,
    "answers" INTEGER NOT NULL DEFAULT 0,
    "errors" INTEGER NOT NULL DEFAULT 0,
    "latency_sum" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "priced" INTEGER NOT NULL DEFAULT 0,
    "cost_sum" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "tokens" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "segment_count_pkey" PRIMARY KEY ("tenant_id","rollout_id","attempt","dimension","value","band")
);

-- CreateTable
CREATE TABLE "accuracy" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "exposure_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "source" TEXT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "accuracy_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "rollout_tenant_id_created_at_id_idx" ON "rollout"("tenant_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "rollout_change_tenant_id_rollout_id_id_idx" ON "rollout_change"("tenant_id", "rollout_id", "id" DESC);

-- CreateIndex
CREATE INDEX "rollout_evaluation_tenant_id_rollout_id_id_idx" ON "rollout_evaluation"("tenant_id", "rollout_id", "id" DESC);

-- CreateIndex
CREATE INDEX "exposure_tenant_id_conversation_at_idx" ON "exposure"("tenant_id", "conversation", "at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "exposure_tenant_id_rollout_id_attempt_unit_key" ON "exposure"("tenant_id", "rollout_id", "attempt", "unit");

-- CreateIndex
CREATE INDEX "outcome_tenant_id_exposure_id_idx" ON "outcome"("tenant_id", "exposure_id");

-- CreateIndex
CREATE INDEX "outcome_tenant_id_at_idx" ON "outcome"("tenant_id", "at");

-- CreateIndex
CREATE INDEX "accuracy_tenant_id_exposure_id_idx" ON "accuracy"("tenant_id", "exposure_id");

-- One rollout of a tenant at a time.
CREATE UNIQUE INDEX "rollout_open" ON "rollout"("tenant_id") WHERE "status" <> 'closed';

-- What a table is, beside being protected, stands in its comment, so that a migration says it where it makes the table:
--   COMMENT ON TABLE x IS 'host-wide'    belongs to no tenant, and the app's role reads and writes it
--   COMMENT ON TABLE x IS 'append-only'  the app's role inserts and reads, never changes or deletes
CREATE OR REPLACE FUNCTION protect_tables() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  found record;
  identity_tables text[] := ARRAY[
    'user', 'session', 'account', 'verification', 'tenant', 'member', 'invitation', 'api_key', 'two_factor', 'rate_limit',
    'oauth_client', 'oauth_resource', 'oauth_client_resource', 'oauth_access_token', 'oauth_refresh_token', 'oauth_consent',
    'oauth_client_assertion', 'sign_in_failure'];
BEGIN
  FOR found IN
    SELECT c.oid, c.relname, coalesce(obj_description(c.oid, 'pg_class'), '') AS mark,
           EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped) AS tenant_owned
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> '_prisma_migrations'
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', found.relname);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', found.relname);
    EXECUTE format('REVOKE ALL ON %I FROM PUBLIC, switchyard_app, switchyard_identity', found.relname);
    EXECUTE format('DROP POLICY IF EXISTS tenant_isolation ON %I', found.relname);
    EXECUTE format('DROP POLICY IF EXISTS identity_only ON %I', found.relname);
    EXECUTE format('DROP POLICY IF EXISTS host_wide ON %I', found.relname);
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
      ELSIF found.mark <> 'append-only' THEN
        EXECUTE format('GRANT UPDATE, DELETE ON %I TO switchyard_app', found.relname);
      END IF;
    ELSIF found.mark = 'host-wide' THEN
      EXECUTE format('CREATE POLICY host_wide ON %I TO switchyard_app USING (true) WITH CHECK (true)', found.relname);
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO switchyard_app', found.relname);
    END IF;
  END LOOP;
END $$;

COMMENT ON TABLE "node_lease" IS 'host-wide';
COMMENT ON TABLE "work_lease" IS 'host-wide';
COMMENT ON TABLE "experiment_version" IS 'host-wide';
COMMENT ON TABLE "audit_event" IS 'append-only';
COMMENT ON TABLE "decision" IS 'append-only';
COMMENT ON TABLE "rollout_change" IS 'append-only';
COMMENT ON TABLE "rollout_evaluation" IS 'append-only';
COMMENT ON TABLE "outcome" IS 'append-only';
COMMENT ON TABLE "accuracy" IS 'append-only';

SELECT protect_tables();
