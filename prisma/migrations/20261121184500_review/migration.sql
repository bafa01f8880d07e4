-- CreateTable
CREATE TABLE "review_rules" (
    "tenant_id" UUID NOT NULL,
    "destructive" BOOLEAN NOT NULL,
    "denied" BOOLEAN NOT NULL,
    "first_use" BOOLEAN NOT NULL,
    "new_shape" BOOLEAN NOT NULL,
    "rest_basis_points" INTEGER NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "review_rules_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "review_item" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "reasons" TEXT[],
    "status" TEXT NOT NULL,
    "verdict" TEXT,
    "code_hash" TEXT NOT NULL,
    "shape" TEXT,
    "surface" TEXT NOT NULL,
    "principal_kind" TEXT NOT NULL,
    "principal_id" TEXT NOT NULL,
    "principal_name" TEXT NOT NULL,
    "run_status" TEXT NOT NULL,
    "calls" INTEGER NOT NULL,
    "denied" INTEGER NOT NULL,
    "skills" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "review_item_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "review_verdict" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "item_id" UUID NOT NULL,
    "verdict" TEXT NOT NULL,
    "comment" TEXT NOT NULL,
    "reviewer_id" TEXT NOT NULL,
    "reviewer_name" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "review_verdict_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "review_block" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "run_id" UUID,
    "item_id" UUID,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "lifted_by" TEXT,
    "lifted_at" TIMESTAMPTZ(3),

    CONSTRAINT "review_block_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "review_seen" (
    "tenant_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "shape" TEXT,
    "run_id" UUID NOT NULL,

    CONSTRAINT "review_seen_pkey" PRIMARY KEY ("tenant_id","kind","value")
);

-- CreateIndex
CREATE INDEX "review_item_tenant_id_status_created_at_id_idx" ON "review_item"("tenant_id", "status", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "review_item_tenant_id_code_hash_idx" ON "review_item"("tenant_id", "code_hash");

-- CreateIndex
CREATE UNIQUE INDEX "review_item_tenant_id_run_id_key" ON "review_item"("tenant_id", "run_id");

-- CreateIndex
CREATE INDEX "review_verdict_tenant_id_item_id_idx" ON "review_verdict"("tenant_id", "item_id");

-- CreateIndex
CREATE INDEX "review_block_tenant_id_lifted_at_idx" ON "review_block"("tenant_id", "lifted_at");

-- CreateIndex
CREATE INDEX "review_block_tenant_id_item_id_idx" ON "review_block"("tenant_id", "item_id");

-- CreateIndex
CREATE INDEX "review_seen_tenant_id_shape_idx" ON "review_seen"("tenant_id", "shape");

-- AddForeignKey
ALTER TABLE "review_verdict" ADD CONSTRAINT "review_verdict_item_id_fkey" FOREIGN KEY ("item_id") REFERENCES "review_item"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- One of a kind stands at a time; whoever sets it twice finds it set.
CREATE UNIQUE INDEX "review_block_standing" ON "review_block"("tenant_id", "kind", "value") WHERE "lifted_at" IS NULL;

COMMENT ON TABLE "review_verdict" IS 'append-only';

SELECT protect_tables();
