-- AlterTable
ALTER TABLE "product" ADD COLUMN     "external_id" TEXT,
ADD COLUMN     "external_product_id" TEXT;

-- CreateTable
CREATE TABLE "shop_hook" (
    "connection_id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "token" TEXT NOT NULL,
    "registered" BOOLEAN NOT NULL DEFAULT false,
    "topics" TEXT[],
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "received" INTEGER NOT NULL DEFAULT 0,
    "received_at" TIMESTAMPTZ(3),
    "refused_at" TIMESTAMPTZ(3),
    "changed" INTEGER NOT NULL DEFAULT 0,
    "problem" TEXT,

    CONSTRAINT "shop_hook_pkey" PRIMARY KEY ("connection_id")
);

-- CreateTable
CREATE TABLE "shop_delivery" (
    "connection_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "tenant_id" UUID NOT NULL,
    "body_hash" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "product_ids" TEXT[],
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "shop_delivery_pkey" PRIMARY KEY ("connection_id","key")
);

-- CreateTable
CREATE TABLE "shop_change" (
    "connection_id" UUID NOT NULL,
    "product_id" TEXT NOT NULL,
    "tenant_id" UUID NOT NULL,
    "due_at" TIMESTAMPTZ(3),
    "lease_id" UUID,
    "lease_until" TIMESTAMPTZ(3),
    "failures" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "shop_change_pkey" PRIMARY KEY ("connection_id","product_id")
);

-- CreateIndex
CREATE INDEX "shop_hook_tenant_id_idx" ON "shop_hook"("tenant_id");

-- CreateIndex
CREATE INDEX "shop_delivery_connection_id_body_hash_idx" ON "shop_delivery"("connection_id", "body_hash");

-- CreateIndex
CREATE INDEX "shop_delivery_tenant_id_connection_id_received_at_idx" ON "shop_delivery"("tenant_id", "connection_id", "received_at");

-- CreateIndex
CREATE INDEX "shop_change_tenant_id_due_at_idx" ON "shop_change"("tenant_id", "due_at");

-- CreateIndex
CREATE INDEX "product_tenant_id_source_id_external_product_id_idx" ON "product"("tenant_id", "source_id", "external_product_id");

-- CreateIndex
CREATE INDEX "product_tenant_id_source_id_external_id_idx" ON "product"("tenant_id", "source_id", "external_id");

-- AddForeignKey
ALTER TABLE "shop_delivery" ADD CONSTRAINT "shop_delivery_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "shop_hook"("connection_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "shop_change" ADD CONSTRAINT "shop_change_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "shop_hook"("connection_id") ON DELETE CASCADE ON UPDATE CASCADE;

SELECT protect_tables();
