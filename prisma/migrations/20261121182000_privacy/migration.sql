-- CreateTable
CREATE TABLE "privacy_settings" (
    "tenant_id" UUID NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "kinds" TEXT[],
    "country" TEXT,
    "exempt_fields" TEXT[],
    "patterns" JSONB NOT NULL DEFAULT '[]',
    "withheld_from" TEXT[],
    "kept_days" INTEGER NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "privacy_settings_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "masked_count" (
    "tenant_id" UUID NOT NULL,
    "day" DATE NOT NULL,
    "place" TEXT NOT NULL,
    "field" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "count" BIGINT NOT NULL,

    CONSTRAINT "masked_count_pkey" PRIMARY KEY ("tenant_id","day","place","field","kind")
);

SELECT protect_tables();
