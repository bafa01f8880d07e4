-- AlterTable
ALTER TABLE "alert" ADD COLUMN     "acknowledged_at" TIMESTAMPTZ(3),
ADD COLUMN     "acknowledged_by" TEXT;

-- CreateTable
CREATE TABLE "pair_grade" (
    "id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "source_id" UUID NOT NULL,
    "case_id" TEXT NOT NULL,
    "preferred" TEXT NOT NULL,
    "grader_kind" TEXT NOT NULL,
    "grader_id" TEXT NOT NULL,
    "grader_name" TEXT NOT NULL,
    "graded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "pair_grade_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "pair_grade_tenant_id_kind_source_id_case_id_grader_id_key" ON "pair_grade"("tenant_id", "kind", "source_id", "case_id", "grader_id");

SELECT protect_tables();
