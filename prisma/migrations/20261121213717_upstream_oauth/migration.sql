-- CreateEnum
CREATE TYPE "upstream_client_kind" AS ENUM ('registered', 'entered');

-- CreateEnum
CREATE TYPE "upstream_grant_status" AS ENUM ('connected', 'needs_reconnect');

-- AlterTable
ALTER TABLE "connection" ADD COLUMN     "oauth" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "oauth_scopes" TEXT;

-- CreateTable
CREATE TABLE "upstream_client" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "issuer" TEXT,
    "kind" "upstream_client_kind" NOT NULL,
    "client_id" TEXT NOT NULL,
    "has_secret" BOOLEAN NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "is_current" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "upstream_client_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "upstream_grant" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "status" "upstream_grant_status" NOT NULL DEFAULT 'connected',
    "problem" TEXT,
    "server_url" TEXT NOT NULL,
    "resource" TEXT,
    "server" JSONB NOT NULL,
    "client_ref" UUID,
    "client_id" TEXT NOT NULL,
    "scopes" TEXT[],
    "account" TEXT,
    "connected_by" UUID NOT NULL,
    "connected_by_name" TEXT NOT NULL,
    "connected_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "refresh_at" TIMESTAMPTZ(3),
    "is_refreshable" BOOLEAN NOT NULL,
    "refreshed_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "lease_id" UUID,
    "lease_until" TIMESTAMPTZ(3),

    CONSTRAINT "upstream_grant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "upstream_flow" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "connection_id" UUID NOT NULL,
    "state_hash" TEXT NOT NULL,
    "started_by" UUID NOT NULL,
    "session_hash" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "server_url" TEXT NOT NULL,
    "resource" TEXT,
    "server" JSONB NOT NULL,
    "client_ref" UUID,
    "client_id" TEXT NOT NULL,
    "scope" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "upstream_flow_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "upstream_client_tenant_id_connection_id_idx" ON "upstream_client"("tenant_id", "connection_id");

-- CreateIndex
CREATE UNIQUE INDEX "upstream_grant_tenant_id_connection_id_user_id_key" ON "upstream_grant"("tenant_id", "connection_id", "user_id");

-- CreateIndex
CREATE UNIQUE INDEX "upstream_flow_state_hash_key" ON "upstream_flow"("state_hash");

-- CreateIndex
CREATE INDEX "upstream_flow_tenant_id_expires_at_idx" ON "upstream_flow"("tenant_id", "expires_at");

-- AddForeignKey
ALTER TABLE "upstream_client" ADD CONSTRAINT "upstream_client_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "upstream_grant" ADD CONSTRAINT "upstream_grant_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "upstream_flow" ADD CONSTRAINT "upstream_flow_connection_id_fkey" FOREIGN KEY ("connection_id") REFERENCES "connection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

SELECT protect_tables();
