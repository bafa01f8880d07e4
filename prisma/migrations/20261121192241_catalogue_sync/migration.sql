-- AlterTable
ALTER TABLE "product" ADD COLUMN     "source_id" UUID;

-- CreateTable
CREATE TABLE "catalogue_sync" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "cursor" TEXT,
    "is_read" BOOLEAN NOT NULL DEFAULT false,
    "seen" INTEGER NOT NULL DEFAULT 0,
    "added" INTEGER NOT NULL DEFAULT 0,
    "changed" INTEGER NOT NULL DEFAULT 0,
    "unchanged" INTEGER NOT NULL DEFAULT 0,
    "removed" INTEGER NOT NULL DEFAULT 0,
    "without_sku" INTEGER NOT NULL DEFAULT 0,
    "conflicts" INTEGER NOT NULL DEFAULT 0,
    "sample" JSONB NOT NULL DEFAULT '[]',
    "failures" INTEGER NOT NULL DEFAULT 0,
    "error" TEXT,
    "error_code" TEXT,
    "started_by" TEXT NOT NULL,
    "lease_id" UUID,
    "lease_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "catalogue_sync_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "catalogue_sync_met" (
    "sync_id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "sku" TEXT NOT NULL,

    CONSTRAINT "catalogue_sync_met_pkey" PRIMARY KEY ("sync_id","sku")
);

-- CreateIndex
CREATE INDEX "catalogue_sync_tenant_id_connection_id_created_at_idx" ON "catalogue_sync"("tenant_id", "connection_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "catalogue_sync_tenant_id_state_idx" ON "catalogue_sync"("tenant_id", "state");

-- CreateIndex
CREATE INDEX "catalogue_sync_met_tenant_id_idx" ON "catalogue_sync_met"("tenant_id");

-- CreateIndex
CREATE INDEX "product_tenant_id_source_id_sku_idx" ON "product"("tenant_id", "source_id", "sku");

-- AddForeignKey
ALTER TABLE "catalogue_sync_met" ADD CONSTRAINT "catalogue_sync_met_sync_id_fkey" FOREIGN KEY ("sync_id") REFERENCES "catalogue_sync"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- One sync of a connection at a time, whoever starts it.
CREATE UNIQUE INDEX catalogue_sync_open ON catalogue_sync (tenant_id, connection_id) WHERE state IN ('waiting', 'running');

SELECT protect_tables();
