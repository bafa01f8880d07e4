-- CreateTable
CREATE TABLE "policy_version" (
    "tenant_id" UUID NOT NULL,
    "revision" INTEGER NOT NULL,
    "mode" "policy_mode" NOT NULL,
    "grants" JSONB NOT NULL,
    "grant_count" INTEGER NOT NULL,
    "comment" TEXT,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "policy_version_pkey" PRIMARY KEY ("tenant_id","revision")
);

SELECT protect_tables();
