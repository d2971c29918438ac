"""Sales, their items and series."""

from shop.ops.schema import run_script

TABLES = """
CREATE TABLE flash_sale_series (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  name VARCHAR(255) NOT NULL,
  translations TEXT NOT NULL,
  weekdays TEXT NOT NULL,
  at VARCHAR(5) NOT NULL,
  minutes INTEGER NOT NULL,
  first_day VARCHAR(10) NOT NULL,
  last_day VARCHAR(10),
  items TEXT NOT NULL,
  tag VARCHAR(255),
  per_customer INTEGER,
  per_order INTEGER,
  when_sold_out VARCHAR(64) NOT NULL,
  prepay BOOLEAN NOT NULL,
  problem TEXT,
  created_at BIGINT NOT NULL,
  stopped_at BIGINT,
  version INTEGER NOT NULL
);
CREATE INDEX flash_sale_series_store_id ON flash_sale_series (store, id);

CREATE TABLE flash_sale_sale (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  name VARCHAR(255) NOT NULL,
  translations TEXT NOT NULL,
  starts BIGINT NOT NULL,
  ends BIGINT NOT NULL,
  tag VARCHAR(255),
  per_customer INTEGER,
  per_order INTEGER,
  when_sold_out VARCHAR(64) NOT NULL,
  prepay BOOLEAN NOT NULL,
  announce_at BIGINT,
  announced_at BIGINT,
  ended_at BIGINT,
  cancelled_at BIGINT,
  series_id BIGINT,
  slot_day VARCHAR(10),
  created_at BIGINT NOT NULL,
  version INTEGER NOT NULL,
  FOREIGN KEY (series_id) REFERENCES flash_sale_series (id)
);
CREATE INDEX flash_sale_sale_store_id ON flash_sale_sale (store, id);
CREATE INDEX flash_sale_sale_open ON flash_sale_sale (store, ends) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX flash_sale_sale_series_id_slot_day ON flash_sale_sale (series_id, slot_day);

CREATE TABLE flash_sale_item (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  sale_id BIGINT NOT NULL,
  variant_id BIGINT NOT NULL,
  price BIGINT NOT NULL CHECK (price >= 0),
  quantity INTEGER NOT NULL CHECK (quantity >= 0),
  rest INTEGER,
  price_row BIGINT,
  FOREIGN KEY (sale_id) REFERENCES flash_sale_sale (id),
  FOREIGN KEY (variant_id) REFERENCES variant (id)
);
CREATE UNIQUE INDEX flash_sale_item_sale_id_variant_id ON flash_sale_item (sale_id, variant_id);
CREATE INDEX flash_sale_item_variant_id_sale_id ON flash_sale_item (variant_id, sale_id)
"""


def up(migrator, db):
    run_script(db, TABLES)


def down(migrator, db):
    names = [part.split()[2] for part in TABLES.split(";") if "CREATE TABLE" in part]
    run_script(db, ";".join(f"DROP TABLE {name}" for name in reversed(names)))
