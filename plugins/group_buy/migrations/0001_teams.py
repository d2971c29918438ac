"""Campaigns, teams and their members."""

from shop.ops.schema import run_script

TABLES = """
CREATE TABLE group_buy_campaign (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  name VARCHAR(255) NOT NULL,
  translations TEXT NOT NULL,
  size INTEGER NOT NULL,
  hours INTEGER NOT NULL,
  teams INTEGER,
  per_customer INTEGER,
  starts BIGINT NOT NULL,
  ends BIGINT NOT NULL,
  shown BOOLEAN NOT NULL,
  closed_at BIGINT,
  units INTEGER,
  created_at BIGINT NOT NULL,
  version INTEGER NOT NULL
);
CREATE INDEX group_buy_campaign_store_id ON group_buy_campaign (store, id);
CREATE INDEX group_buy_campaign_store_ends ON group_buy_campaign (store, ends);

CREATE TABLE group_buy_item (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  campaign_id BIGINT NOT NULL,
  variant_id BIGINT NOT NULL,
  price BIGINT NOT NULL CHECK (price >= 0),
  tiers TEXT NOT NULL,
  FOREIGN KEY (campaign_id) REFERENCES group_buy_campaign (id),
  FOREIGN KEY (variant_id) REFERENCES variant (id)
);
CREATE UNIQUE INDEX group_buy_item_campaign_id_variant_id
  ON group_buy_item (campaign_id, variant_id);
CREATE INDEX group_buy_item_variant_id_campaign_id ON group_buy_item (variant_id, campaign_id);

CREATE TABLE group_buy_team (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  campaign_id BIGINT NOT NULL,
  code VARCHAR(32) NOT NULL,
  state VARCHAR(64) NOT NULL,
  size INTEGER NOT NULL,
  paid INTEGER NOT NULL CHECK (paid >= 0),
  early BOOLEAN NOT NULL,
  opened_by_id BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  deadline BIGINT NOT NULL,
  closed_at BIGINT,
  FOREIGN KEY (campaign_id) REFERENCES group_buy_campaign (id),
  FOREIGN KEY (opened_by_id) REFERENCES customer (id)
);
CREATE INDEX group_buy_team_store_id ON group_buy_team (store, id);
CREATE INDEX group_buy_team_store_state_deadline ON group_buy_team (store, state, deadline);
CREATE INDEX group_buy_team_campaign_id ON group_buy_team (campaign_id);
CREATE UNIQUE INDEX group_buy_team_code ON group_buy_team (code);

CREATE TABLE group_buy_member (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  team_id BIGINT NOT NULL,
  campaign_id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  line_id BIGINT NOT NULL,
  customer_id BIGINT NOT NULL,
  state VARCHAR(64) NOT NULL,
  laddered BIGINT,
  joined_at BIGINT NOT NULL,
  FOREIGN KEY (team_id) REFERENCES group_buy_team (id),
  FOREIGN KEY (campaign_id) REFERENCES group_buy_campaign (id),
  FOREIGN KEY (order_id) REFERENCES orders (id),
  FOREIGN KEY (line_id) REFERENCES order_line (id),
  FOREIGN KEY (customer_id) REFERENCES customer (id)
);
CREATE INDEX group_buy_member_store_id ON group_buy_member (store, id);
CREATE INDEX group_buy_member_team_id ON group_buy_member (team_id);
CREATE UNIQUE INDEX group_buy_member_order_id ON group_buy_member (order_id);
CREATE UNIQUE INDEX group_buy_member_line_id ON group_buy_member (line_id);
CREATE INDEX group_buy_member_campaign_id ON group_buy_member (campaign_id);
CREATE INDEX group_buy_member_customer_id_campaign_id
  ON group_buy_member (customer_id, campaign_id)
"""


def up(migrator, db):
    run_script(db, TABLES)


def down(migrator, db):
    for name in ("member", "team", "item", "campaign"):
        db.execute_sql(f"DROP TABLE group_buy_{name}")
