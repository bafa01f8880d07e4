-- CreateEnum
CREATE TYPE "price_status" AS ENUM ('accepted', 'pending', 'rejected');

-- AlterTable
ALTER TABLE "run" ADD COLUMN     "arm" TEXT;

-- AlterTable
ALTER TABLE "run_call" ADD COLUMN     "arm" TEXT;

-- CreateTable
CREATE TABLE "price" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "valid_from" TIMESTAMPTZ(3) NOT NULL,
    "tiers" JSONB NOT NULL,
    "source_url" TEXT NOT NULL,
    "source_date" DATE NOT NULL,
    "status" "price_status" NOT NULL,
    "doubt" TEXT,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "decided_by" TEXT,
    "decided_at" TIMESTAMPTZ(3),

    CONSTRAINT "price_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "model_call" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "conversation" TEXT,
    "run_id" UUID,
    "arm" TEXT,
    "purpose" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "scripted" BOOLEAN NOT NULL,
    "input_tokens" INTEGER NOT NULL,
    "cached_input_tokens" INTEGER NOT NULL,
    "output_tokens" INTEGER NOT NULL,
    "reasoning_tokens" INTEGER NOT NULL,
    "usage_estimated" BOOLEAN NOT NULL,
    "status" TEXT NOT NULL,
    "error_code" TEXT,
    "cost_micros" BIGINT,
    "price_id" TEXT,
    "trace_id" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "duration_ms" INTEGER NOT NULL,
    "first_token_ms" INTEGER,

    CONSTRAINT "model_call_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "counterfactual" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "arm" TEXT,
    "purpose" TEXT NOT NULL,
    "conversation" TEXT,
    "provider" TEXT,
    "model" TEXT,
    "scripted" BOOLEAN NOT NULL,
    "definition_tokens" INTEGER NOT NULL,
    "result_tokens" INTEGER NOT NULL,
    "used_input_tokens" BIGINT NOT NULL,
    "used_output_tokens" BIGINT NOT NULL,
    "used_cost_micros" BIGINT,
    "other_input_tokens" BIGINT NOT NULL,
    "other_output_tokens" BIGINT NOT NULL,
    "other_cost_micros" BIGINT,
    "turns" JSONB NOT NULL,
    "used" JSONB NOT NULL,
    "price_id" TEXT,

    CONSTRAINT "counterfactual_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "counterfactual_tool" (
    "counterfactual_id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "tool" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "arm" TEXT,
    "scripted" BOOLEAN NOT NULL,
    "calls" INTEGER NOT NULL,
    "result_tokens" INTEGER NOT NULL,
    "other_input_tokens" BIGINT NOT NULL,

    CONSTRAINT "counterfactual_tool_pkey" PRIMARY KEY ("counterfactual_id","tool")
);

-- CreateTable
CREATE TABLE "cost_correction" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "model_call_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "previous_micros" BIGINT,
    "previous_price_id" TEXT,
    "cost_micros" BIGINT,
    "price_id" TEXT,
    "corrected_by" TEXT NOT NULL,

    CONSTRAINT "cost_correction_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "budget" (
    "tenant_id" UUID NOT NULL,
    "pilot_micros" BIGINT NOT NULL,
    "strong_micros" BIGINT NOT NULL,
    "mode" TEXT NOT NULL,
    "webhook_url" TEXT,
    "emails" TEXT[],
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "budget_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "spend_month" (
    "tenant_id" UUID NOT NULL,
    "month" DATE NOT NULL,
    "cost_micros" BIGINT NOT NULL,
    "alerted" BIGINT[],

    CONSTRAINT "spend_month_pkey" PRIMARY KEY ("tenant_id","month")
);

-- CreateTable
CREATE TABLE "alert" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "dedupe_key" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "alert_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alert_delivery" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "alert_id" UUID NOT NULL,
    "channel" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_at" TIMESTAMPTZ(3) NOT NULL,
    "last_error" TEXT,
    "sent_at" TIMESTAMPTZ(3),

    CONSTRAINT "alert_delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tenant_limits" (
    "tenant_id" UUID NOT NULL,
    "wanted" JSONB NOT NULL DEFAULT '{}',
    "ceiling" JSONB NOT NULL DEFAULT '{}',
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "tenant_limits_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "limit_bucket" (
    "tenant_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "tokens" DOUBLE PRECISION NOT NULL,
    "refilled_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "limit_bucket_pkey" PRIMARY KEY ("tenant_id","name")
);

-- CreateTable
CREATE TABLE "limit_slots" (
    "tenant_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "node_id" UUID NOT NULL,
    "held" INTEGER NOT NULL,

    CONSTRAINT "limit_slots_pkey" PRIMARY KEY ("tenant_id","name","node_id")
);

-- CreateIndex
CREATE INDEX "price_tenant_id_provider_model_valid_from_idx" ON "price"("tenant_id", "provider", "model", "valid_from");

-- CreateIndex
CREATE INDEX "model_call_tenant_id_started_at_idx" ON "model_call"("tenant_id", "started_at");

-- CreateIndex
CREATE INDEX "model_call_tenant_id_conversation_idx" ON "model_call"("tenant_id", "conversation");

-- CreateIndex
CREATE INDEX "model_call_tenant_id_run_id_idx" ON "model_call"("tenant_id", "run_id");

-- CreateIndex
CREATE INDEX "counterfactual_tenant_id_at_idx" ON "counterfactual"("tenant_id", "at");

-- CreateIndex
CREATE INDEX "counterfactual_tenant_id_conversation_idx" ON "counterfactual"("tenant_id", "conversation");

-- CreateIndex
CREATE INDEX "counterfactual_tool_tenant_id_at_idx" ON "counterfactual_tool"("tenant_id", "at");

-- CreateIndex
CREATE INDEX "cost_correction_tenant_id_model_call_id_idx" ON "cost_correction"("tenant_id", "model_call_id");

-- CreateIndex
CREATE INDEX "alert_tenant_id_at_id_idx" ON "alert"("tenant_id", "at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "alert_tenant_id_dedupe_key_key" ON "alert"("tenant_id", "dedupe_key");

-- CreateIndex
CREATE INDEX "alert_delivery_tenant_id_status_next_at_idx" ON "alert_delivery"("tenant_id", "status", "next_at");

-- CreateIndex
CREATE INDEX "alert_delivery_alert_id_idx" ON "alert_delivery"("alert_id");

-- AddForeignKey
ALTER TABLE "alert_delivery" ADD CONSTRAINT "alert_delivery_alert_id_fkey" FOREIGN KEY ("alert_id") REFERENCES "alert"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- A price is what it was on a day: only the decision on one that waits is ever written to it.
CREATE FUNCTION price_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.status = 'pending' AND NEW.status <> 'pending'
     AND to_jsonb(NEW) - ARRAY['status', 'decided_by', 'decided_at'] = to_jsonb(OLD) - ARRAY['status', 'decided_by', 'decided_at'] THEN
    RETURN NEW;
  END IF;
  IF current_user = 'switchyard_app' THEN
    RAISE EXCEPTION 'prices are immutable: add a new row instead';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER price_is_immutable BEFORE UPDATE OR DELETE ON price FOR EACH ROW EXECUTE FUNCTION price_is_immutable();

CREATE FUNCTION correction_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user = 'switchyard_app' THEN
    RAISE EXCEPTION 'corrections of costs are append-only';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER correction_is_immutable BEFORE UPDATE OR DELETE ON cost_correction FOR EACH ROW EXECUTE FUNCTION correction_is_immutable();

SELECT protect_tables();
