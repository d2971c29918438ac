"""Offers and trials."""

from shop.ops.schema import run_script

TABLES = """
CREATE TABLE trial_then_buy_offer (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  variant_id BIGINT NOT NULL,
  fee BIGINT NOT NULL CHECK (fee >= 0),
  deposit BIGINT NOT NULL CHECK (deposit >= 0),
  price BIGINT,
  days INTEGER NOT NULL,
  units INTEGER NOT NULL,
  starts BIGINT NOT NULL,
  ends BIGINT,
  shown BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  version INTEGER NOT NULL,
  FOREIGN KEY (variant_id) REFERENCES variant (id)
);
CREATE INDEX trial_then_buy_offer_store_id ON trial_then_buy_offer (store, id);
CREATE INDEX trial_then_buy_offer_variant_id ON trial_then_buy_offer (variant_id);

CREATE TABLE trial_then_buy_trial (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  offer_id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  line_id BIGINT NOT NULL,
  customer_id BIGINT NOT NULL,
  state VARCHAR(64) NOT NULL,
  note VARCHAR(500) NOT NULL,
  started_at BIGINT,
  due_at BIGINT,
  charged_at BIGINT,
  closed_at BIGINT,
  damage BIGINT NOT NULL CHECK (damage >= 0),
  written_off BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  FOREIGN KEY (offer_id) REFERENCES trial_then_buy_offer (id),
  FOREIGN KEY (order_id) REFERENCES orders (id),
  FOREIGN KEY (line_id) REFERENCES order_line (id),
  FOREIGN KEY (customer_id) REFERENCES customer (id)
);
CREATE INDEX trial_then_buy_trial_store_id ON trial_then_buy_trial (store, id);
CREATE INDEX trial_then_buy_trial_store_state_id ON trial_then_buy_trial (store, state, id);
CREATE INDEX trial_then_buy_trial_offer_id ON trial_then_buy_trial (offer_id);
CREATE UNIQUE INDEX trial_then_buy_trial_order_id ON trial_then_buy_trial (order_id);
CREATE UNIQUE INDEX trial_then_buy_trial_line_id ON trial_then_buy_trial (line_id);
CREATE INDEX trial_then_buy_trial_customer_id ON trial_then_buy_trial (customer_id)
"""


def up(migrator, db):
    run_script(db, TABLES)


def down(migrator, db):
    db.execute_sql("DROP TABLE trial_then_buy_trial")
    db.execute_sql("DROP TABLE trial_then_buy_offer")
