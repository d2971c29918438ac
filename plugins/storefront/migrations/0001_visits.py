"""How many came, by day."""

from shop.ops.schema import run_script

TABLES = """
CREATE TABLE storefront_visit (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  day VARCHAR(10) NOT NULL,
  visits BIGINT NOT NULL
);
CREATE UNIQUE INDEX storefront_visit_store_day ON storefront_visit (store, day);
"""


def up(migrator, db):
    run_script(db, TABLES)


def down(migrator, db):
    db.execute_sql("DROP TABLE storefront_visit")
