-- CreateTable
CREATE TABLE "chat_settings" (
    "tenant_id" UUID NOT NULL,
    "endpoint_id" UUID NOT NULL,
    "base_url" TEXT,
    "model" TEXT,
    "on_code_failure" TEXT NOT NULL DEFAULT 'fall_back',
    "max_mends" INTEGER NOT NULL DEFAULT 2,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "chat_settings_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "conversation" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "principal_kind" TEXT NOT NULL,
    "principal_id" TEXT NOT NULL,
    "principal_name" TEXT NOT NULL,
    "arm" TEXT,
    "band" TEXT,
    "scripted" BOOLEAN NOT NULL DEFAULT false,
    "answers" INTEGER NOT NULL DEFAULT 0,
    "errors" INTEGER NOT NULL DEFAULT 0,
    "fallbacks" INTEGER NOT NULL DEFAULT 0,
    "prompt_tokens" BIGINT NOT NULL DEFAULT 0,
    "completion_tokens" BIGINT NOT NULL DEFAULT 0,
    "cost_micros" BIGINT NOT NULL DEFAULT 0,
    "complaints" INTEGER NOT NULL DEFAULT 0,
    "praises" INTEGER NOT NULL DEFAULT 0,
    "corrections" INTEGER NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "conversation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "message" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "conversation_id" UUID NOT NULL,
    "role" TEXT NOT NULL,
    "content" TEXT NOT NULL,
    "truncated" BOOLEAN NOT NULL DEFAULT false,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "trace_id" TEXT NOT NULL,
    "status" TEXT,
    "error_code" TEXT,
    "arm" TEXT,
    "served_arm" TEXT,
    "fallback" TEXT,
    "exposure_id" TEXT,
    "provider" TEXT,
    "model" TEXT,
    "scripted" BOOLEAN NOT NULL DEFAULT false,
    "finish_reason" TEXT,
    "prompt_version" TEXT,
    "runs" JSONB NOT NULL DEFAULT '[]',
    "calls" JSONB NOT NULL DEFAULT '[]',
    "tool_calls" JSONB NOT NULL DEFAULT '[]',
    "model_calls" INTEGER NOT NULL DEFAULT 0,
    "prompt_tokens" INTEGER NOT NULL DEFAULT 0,
    "cached_tokens" INTEGER NOT NULL DEFAULT 0,
    "completion_tokens" INTEGER NOT NULL DEFAULT 0,
    "reasoning_tokens" INTEGER NOT NULL DEFAULT 0,
    "usage_estimated" BOOLEAN NOT NULL DEFAULT false,
    "cost_micros" BIGINT,
    "latency_ms" INTEGER,
    "first_token_ms" INTEGER,

    CONSTRAINT "message_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "feedback" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "conversation_id" UUID NOT NULL,
    "run_id" UUID,
    "kind" TEXT NOT NULL,
    "text" TEXT,
    "principal_kind" TEXT NOT NULL,
    "principal_id" TEXT NOT NULL,
    "principal_name" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "feedback_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "conversation_tenant_id_last_at_id_idx" ON "conversation"("tenant_id", "last_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "conversation_tenant_id_key_key" ON "conversation"("tenant_id", "key");

-- CreateIndex
CREATE INDEX "message_tenant_id_conversation_id_id_idx" ON "message"("tenant_id", "conversation_id", "id");

-- CreateIndex
CREATE INDEX "feedback_tenant_id_conversation_id_idx" ON "feedback"("tenant_id", "conversation_id");

-- CreateIndex
CREATE INDEX "feedback_tenant_id_at_idx" ON "feedback"("tenant_id", "at" DESC);

-- AddForeignKey
ALTER TABLE "message" ADD CONSTRAINT "message_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversation"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "feedback" ADD CONSTRAINT "feedback_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversation"("id") ON DELETE CASCADE ON UPDATE CASCADE;
SELECT protect_tables();
