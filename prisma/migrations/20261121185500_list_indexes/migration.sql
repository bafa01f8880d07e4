-- CreateIndex
CREATE INDEX "shadow_run_tenant_id_id_idx" ON "shadow_run"("tenant_id", "id" DESC);

-- CreateIndex
CREATE INDEX "graded_answer_tenant_id_id_idx" ON "graded_answer"("tenant_id", "id" DESC);

-- CreateIndex
CREATE INDEX "run_call_tenant_id_started_at_idx" ON "run_call"("tenant_id", "started_at");

-- CreateIndex
CREATE INDEX "alert_tenant_id_acknowledged_at_at_id_idx" ON "alert"("tenant_id", "acknowledged_at", "at" DESC, "id" DESC);

SELECT protect_tables();
