-- CreateTable
CREATE TABLE "skill" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "promoted_version" INTEGER,
    "retired_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "skill_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "skill_version" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "skill_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "description" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "code_hash" TEXT NOT NULL,
    "declaration" TEXT NOT NULL,
    "input_type" TEXT NOT NULL,
    "output_type" TEXT NOT NULL,
    "tools" JSONB NOT NULL DEFAULT '[]',
    "skills" JSONB NOT NULL DEFAULT '[]',
    "author_kind" TEXT NOT NULL,
    "author_id" TEXT NOT NULL,
    "author_name" TEXT NOT NULL,
    "run_id" UUID,
    "promoted_at" TIMESTAMPTZ(3),
    "promoted_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "skill_version_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "workspace_file" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "scope" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "bytes" INTEGER NOT NULL,
    "conversation" TEXT,
    "run_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "workspace_file_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run_keep" (
    "run_id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "blob_id" UUID NOT NULL,
    "bytes" INTEGER NOT NULL,
    "rows" INTEGER,
    "left" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "run_keep_pkey" PRIMARY KEY ("run_id","kind")
);

-- CreateTable
CREATE TABLE "learned_shape" (
    "tool_id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "definition_hash" TEXT NOT NULL,
    "shape" JSONB NOT NULL,
    "samples" INTEGER NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "learned_shape_pkey" PRIMARY KEY ("tool_id")
);

-- CreateTable
CREATE TABLE "sealed_blob" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "data_key_id" UUID NOT NULL,
    "purpose" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sealed_blob_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "skill_tenant_id_name_key" ON "skill"("tenant_id", "name");

-- CreateIndex
CREATE INDEX "skill_version_tenant_id_idx" ON "skill_version"("tenant_id");

-- CreateIndex
CREATE UNIQUE INDEX "skill_version_skill_id_version_key" ON "skill_version"("skill_id", "version");

-- CreateIndex
CREATE INDEX "workspace_file_tenant_id_expires_at_idx" ON "workspace_file"("tenant_id", "expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "workspace_file_tenant_id_scope_name_key" ON "workspace_file"("tenant_id", "scope", "name");

-- CreateIndex
CREATE INDEX "run_keep_tenant_id_kind_created_at_idx" ON "run_keep"("tenant_id", "kind", "created_at");

-- CreateIndex
CREATE INDEX "learned_shape_tenant_id_idx" ON "learned_shape"("tenant_id");

-- CreateIndex
CREATE INDEX "sealed_blob_tenant_id_purpose_expires_at_idx" ON "sealed_blob"("tenant_id", "purpose", "expires_at");

-- CreateIndex
CREATE INDEX "sealed_blob_data_key_id_idx" ON "sealed_blob"("data_key_id");

-- AddForeignKey
ALTER TABLE "skill_version" ADD CONSTRAINT "skill_version_skill_id_fkey" FOREIGN KEY ("skill_id") REFERENCES "skill"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "learned_shape" ADD CONSTRAINT "learned_shape_tool_id_fkey" FOREIGN KEY ("tool_id") REFERENCES "tool"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sealed_blob" ADD CONSTRAINT "sealed_blob_data_key_id_fkey" FOREIGN KEY ("data_key_id") REFERENCES "data_key"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

SELECT protect_tables();
