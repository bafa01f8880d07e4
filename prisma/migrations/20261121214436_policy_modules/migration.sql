-- AlterTable
ALTER TABLE "decision" ADD COLUMN     "module_revision" INTEGER;

-- AlterTable
ALTER TABLE "policy_state" ADD COLUMN     "module_revision" INTEGER;

-- AlterTable
ALTER TABLE "policy_version" ADD COLUMN     "module_revision" INTEGER;

-- CreateTable
CREATE TABLE "policy_module" (
    "tenant_id" UUID NOT NULL,
    "revision" INTEGER NOT NULL,
    "comment" TEXT,
    "source" TEXT NOT NULL,
    "tests" TEXT NOT NULL,
    "wasm" BYTEA NOT NULL,
    "hash" TEXT NOT NULL,
    "test_count" INTEGER NOT NULL,
    "compiler" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "policy_module_pkey" PRIMARY KEY ("tenant_id","revision")
);
SELECT protect_tables();
