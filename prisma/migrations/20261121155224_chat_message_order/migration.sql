-- DropIndex
DROP INDEX "message_tenant_id_conversation_id_id_idx";

-- CreateIndex
CREATE INDEX "message_tenant_id_conversation_id_at_idx" ON "message"("tenant_id", "conversation_id", "at");
