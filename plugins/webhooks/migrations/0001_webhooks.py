"""Receivers, and what is sent to each."""

from shop.ops.schema import run_script

TABLES = """
CREATE TABLE webhooks_endpoint (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  url VARCHAR(2000) NOT NULL,
  note VARCHAR(255) NOT NULL,
  kinds TEXT NOT NULL,
  secret VARCHAR(64) NOT NULL,
  secret_before VARCHAR(64) NOT NULL,
  before_until BIGINT,
  active BOOLEAN NOT NULL,
  why_off VARCHAR(16) NOT NULL,
  version INTEGER NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX webhooks_endpoint_store_id ON webhooks_endpoint (store, id);

CREATE TABLE webhooks_delivery (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  endpoint_id BIGINT NOT NULL,
  event_id BIGINT NOT NULL,
  state VARCHAR(16) NOT NULL,
  tries INTEGER NOT NULL,
  round INTEGER NOT NULL,
  status INTEGER NOT NULL,
  error VARCHAR(255) NOT NULL,
  created_at BIGINT NOT NULL,
  tried_at BIGINT,
  FOREIGN KEY (endpoint_id) REFERENCES webhooks_endpoint (id) ON DELETE CASCADE,
  FOREIGN KEY (event_id) REFERENCES event (id)
);
CREATE INDEX webhooks_delivery_event_id ON webhooks_delivery (event_id);
CREATE UNIQUE INDEX webhooks_delivery_endpoint_id_event_id
  ON webhooks_delivery (endpoint_id, event_id);
CREATE INDEX webhooks_delivery_store_id ON webhooks_delivery (store, id);
CREATE INDEX webhooks_delivery_store_created_at ON webhooks_delivery (store, created_at)
"""


def up(migrator, db):
    run_script(db, TABLES)


def down(migrator, db):
    for name in ("delivery", "endpoint"):
        db.execute_sql(f"DROP TABLE webhooks_{name}")
