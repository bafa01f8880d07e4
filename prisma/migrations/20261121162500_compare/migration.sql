-- CreateTable
CREATE TABLE "comparison" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "suite" TEXT NOT NULL,
    "suite_version" INTEGER NOT NULL,
    "suite_hash" TEXT NOT NULL,
    "baseline_arm" TEXT NOT NULL,
    "candidate_arm" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "case_count" INTEGER NOT NULL,
    "concurrency" INTEGER NOT NULL,
    "with_writes" BOOLEAN NOT NULL,
    "started_by_kind" TEXT NOT NULL,
    "started_by_id" TEXT NOT NULL,
    "started_by_name" TEXT NOT NULL,
    "trace_id" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "beat_at" TIMESTAMPTZ(3) NOT NULL,
    "holder" UUID NOT NULL,

    CONSTRAINT "comparison_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "comparison_case" (
    "tenant_id" UUID NOT NULL,
    "comparison_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "case_id" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "question" TEXT NOT NULL,
    "baseline" JSONB NOT NULL,
    "candidate" JSONB NOT NULL,
    "verdict" TEXT NOT NULL,
    "equivalence" JSONB NOT NULL,
    "finished_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "comparison_case_pkey" PRIMARY KEY ("tenant_id","comparison_id","case_id")
);

-- CreateTable
CREATE TABLE "sampling_settings" (
    "tenant_id" UUID NOT NULL,
    "shadow_basis_points" INTEGER NOT NULL DEFAULT 0,
    "shadow_budget_micros" BIGINT NOT NULL DEFAULT 0,
    "shadow_runs_per_day" INTEGER NOT NULL DEFAULT 0,
    "grading_basis_points" INTEGER NOT NULL DEFAULT 0,
    "updated_by_name" TEXT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sampling_settings_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "shadow_run" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "conversation" TEXT NOT NULL,
    "exposure_id" TEXT,
    "served_arm" TEXT NOT NULL,
    "shadow_arm" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "question" TEXT NOT NULL,
    "served" JSONB NOT NULL,
    "shadow" JSONB,
    "verdict" TEXT,
    "equivalence" JSONB,
    "error" TEXT,
    "scripted" BOOLEAN NOT NULL DEFAULT false,
    "cost_micros" BIGINT,
    "day" DATE NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "shadow_run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "graded_answer" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "conversation" TEXT NOT NULL,
    "exposure_id" TEXT,
    "arm" TEXT NOT NULL,
    "scripted" BOOLEAN NOT NULL DEFAULT false,
    "question" TEXT NOT NULL,
    "answer" TEXT NOT NULL,
    "answered_at" TIMESTAMPTZ(3) NOT NULL,
    "grade" TEXT,
    "comment" TEXT,
    "graded_by_kind" TEXT,
    "graded_by_id" TEXT,
    "graded_by_name" TEXT,
    "graded_at" TIMESTAMPTZ(3),

    CONSTRAINT "graded_answer_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "comparison_tenant_id_started_at_id_idx" ON "comparison"("tenant_id", "started_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "comparison_case_tenant_id_comparison_id_seq_idx" ON "comparison_case"("tenant_id", "comparison_id", "seq");

-- CreateIndex
CREATE INDEX "shadow_run_tenant_id_started_at_id_idx" ON "shadow_run"("tenant_id", "started_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "shadow_run_tenant_id_day_idx" ON "shadow_run"("tenant_id", "day");

-- CreateIndex
CREATE INDEX "graded_answer_tenant_id_graded_at_id_idx" ON "graded_answer"("tenant_id", "graded_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "graded_answer_tenant_id_answered_at_id_idx" ON "graded_answer"("tenant_id", "answered_at" DESC, "id" DESC);

-- AddForeignKey
ALTER TABLE "comparison_case" ADD CONSTRAINT "comparison_case_comparison_id_fkey" FOREIGN KEY ("comparison_id") REFERENCES "comparison"("id") ON DELETE CASCADE ON UPDATE CASCADE;

SELECT protect_tables();
