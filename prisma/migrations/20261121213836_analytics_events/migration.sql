-- CreateTable
CREATE TABLE "analytics_event" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "value" DOUBLE PRECISION,
    "properties" JSONB NOT NULL DEFAULT '{}',
    "key" TEXT,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "analytics_event_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "analytics_event_tenant_id_name_at_idx" ON "analytics_event"("tenant_id", "name", "at");

-- CreateIndex
CREATE INDEX "analytics_event_tenant_id_at_idx" ON "analytics_event"("tenant_id", "at");

-- CreateIndex
CREATE INDEX "analytics_event_tenant_id_recorded_at_idx" ON "analytics_event"("tenant_id", "recorded_at");

-- CreateIndex
CREATE UNIQUE INDEX "analytics_event_tenant_id_name_key_key" ON "analytics_event"("tenant_id", "name", "key");

SELECT protect_tables();
