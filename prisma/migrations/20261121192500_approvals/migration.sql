-- CreateEnum
CREATE TYPE "approval_status" AS ENUM ('pending', 'granted', 'denied', 'expired', 'withdrawn', 'used');

-- AlterEnum
ALTER TYPE "run_status" ADD VALUE 'awaiting_approval';

-- AlterTable
ALTER TABLE "policy_version" ADD COLUMN     "rules" JSONB NOT NULL DEFAULT '[]';

-- AlterTable
ALTER TABLE "run" ADD COLUMN     "parked_at" TIMESTAMPTZ(3),
ADD COLUMN     "paused_at" TIMESTAMPTZ(3),
ADD COLUMN     "resumes" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "approval" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "status" "approval_status" NOT NULL DEFAULT 'pending',
    "server" TEXT NOT NULL,
    "tool" TEXT NOT NULL,
    "definition_hash" TEXT NOT NULL,
    "risk" TEXT NOT NULL,
    "args" JSONB NOT NULL,
    "args_hash" TEXT NOT NULL,
    "reasons" JSONB NOT NULL DEFAULT '[]',
    "persons" INTEGER NOT NULL DEFAULT 1,
    "run_id" UUID,
    "seq" INTEGER,
    "principal_kind" TEXT NOT NULL,
    "principal_id" TEXT NOT NULL,
    "principal_name" TEXT NOT NULL,
    "surface" TEXT NOT NULL,
    "arm" TEXT,
    "conversation" TEXT,
    "trace_id" TEXT NOT NULL,
    "decision_id" UUID,
    "policy_revision" INTEGER NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "decided_at" TIMESTAMPTZ(3),
    "decided_by" TEXT,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "approval_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "approval_vote" (
    "approval_id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "voter_kind" TEXT NOT NULL,
    "voter_id" TEXT NOT NULL,
    "voter_name" TEXT NOT NULL,
    "granted" BOOLEAN NOT NULL,
    "comment" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "approval_vote_pkey" PRIMARY KEY ("approval_id","voter_kind","voter_id")
);

-- CreateTable
CREATE TABLE "remembered_approval" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "granted" BOOLEAN NOT NULL,
    "scope" TEXT NOT NULL,
    "server" TEXT NOT NULL,
    "tool" TEXT NOT NULL,
    "definition_hash" TEXT NOT NULL,
    "args_hash" TEXT,
    "conversation" TEXT,
    "principal_kind" TEXT NOT NULL,
    "principal_id" TEXT NOT NULL,
    "principal_name" TEXT NOT NULL,
    "persons" INTEGER NOT NULL,
    "approval_id" UUID NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_by" TEXT,
    "uses" INTEGER NOT NULL DEFAULT 0,
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "remembered_approval_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run_journal" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "place" INTEGER NOT NULL,

    CONSTRAINT "run_journal_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "policy_rule" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "server" TEXT NOT NULL,
    "tool" TEXT NOT NULL,
    "subjects" JSONB NOT NULL DEFAULT '[]',
    "conditions" JSONB NOT NULL,
    "effect" JSONB NOT NULL,
    "reason" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "policy_rule_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "approval_tenant_id_status_requested_at_idx" ON "approval"("tenant_id", "status", "requested_at");

-- CreateIndex
CREATE INDEX "approval_tenant_id_id_idx" ON "approval"("tenant_id", "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "approval_tenant_id_run_id_seq_key" ON "approval"("tenant_id", "run_id", "seq");

-- CreateIndex
CREATE INDEX "approval_vote_tenant_id_idx" ON "approval_vote"("tenant_id");

-- CreateIndex
CREATE INDEX "remembered_approval_tenant_id_server_tool_principal_id_idx" ON "remembered_approval"("tenant_id", "server", "tool", "principal_id");

-- CreateIndex
CREATE INDEX "remembered_approval_tenant_id_id_idx" ON "remembered_approval"("tenant_id", "id" DESC);

-- CreateIndex
CREATE INDEX "run_journal_tenant_id_idx" ON "run_journal"("tenant_id");

-- CreateIndex
CREATE UNIQUE INDEX "run_journal_run_id_place_key" ON "run_journal"("run_id", "place");

-- CreateIndex
CREATE UNIQUE INDEX "policy_rule_tenant_id_name_key" ON "policy_rule"("tenant_id", "name");

-- AddForeignKey
ALTER TABLE "approval_vote" ADD CONSTRAINT "approval_vote_approval_id_fkey" FOREIGN KEY ("approval_id") REFERENCES "approval"("id") ON DELETE CASCADE ON UPDATE CASCADE;

SELECT protect_tables();
