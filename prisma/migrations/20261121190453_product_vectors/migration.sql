-- CreateTable
CREATE TABLE "product_vector" (
    "product_id" UUID NOT NULL,
    "tenant_id" UUID NOT NULL,
    "model" TEXT,
    "vector" BYTEA,
    "version" BIGSERIAL NOT NULL,

    CONSTRAINT "product_vector_pkey" PRIMARY KEY ("product_id")
);

-- CreateIndex
CREATE INDEX "product_vector_tenant_id_version_idx" ON "product_vector"("tenant_id", "version");

-- CreateIndex
CREATE INDEX "product_vector_tenant_id_model_idx" ON "product_vector"("tenant_id", "model");

-- AddForeignKey
ALTER TABLE "product_vector" ADD CONSTRAINT "product_vector_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "product"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- A product whose words are new waits for its vector. In the same transaction, so that none is ever forgotten.
CREATE FUNCTION product_vector_waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO product_vector (product_id, tenant_id) VALUES (NEW.id, NEW.tenant_id)
  ON CONFLICT (product_id) DO UPDATE SET model = NULL, vector = NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER product_vector_waits AFTER INSERT OR UPDATE OF sku, name, description, category, manufacturer ON product
  FOR EACH ROW EXECUTE FUNCTION product_vector_waits();
INSERT INTO product_vector (product_id, tenant_id) SELECT id, tenant_id FROM product;

SELECT protect_tables();
GRANT USAGE ON SEQUENCE product_vector_version_seq TO switchyard_app;
