"""Codes, bindings and rewards."""

from shop.ops.schema import run_script

TABLES = """
CREATE TABLE referral_rebate_invite (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  customer_id BIGINT NOT NULL,
  code VARCHAR(32) NOT NULL,
  created_at BIGINT NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customer (id)
);
CREATE UNIQUE INDEX referral_rebate_invite_customer_id ON referral_rebate_invite (customer_id);
CREATE UNIQUE INDEX referral_rebate_invite_store_code ON referral_rebate_invite (store, code);

CREATE TABLE referral_rebate_binding (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  invitee_id BIGINT NOT NULL,
  referrer_id BIGINT NOT NULL,
  code VARCHAR(32) NOT NULL,
  source VARCHAR(64) NOT NULL,
  order_id BIGINT,
  first_order_id BIGINT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  removed_at BIGINT,
  removed_by VARCHAR(16) NOT NULL,
  claimed BOOLEAN NOT NULL,
  FOREIGN KEY (invitee_id) REFERENCES customer (id),
  FOREIGN KEY (referrer_id) REFERENCES customer (id),
  FOREIGN KEY (order_id) REFERENCES orders (id),
  FOREIGN KEY (first_order_id) REFERENCES orders (id)
);
CREATE INDEX referral_rebate_binding_store_id ON referral_rebate_binding (store, id);
CREATE UNIQUE INDEX referral_rebate_binding_invitee_id ON referral_rebate_binding (invitee_id);
CREATE INDEX referral_rebate_binding_referrer_id ON referral_rebate_binding (referrer_id);

CREATE TABLE referral_rebate_reward (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  binding_id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  account_id BIGINT,
  customer_id BIGINT NOT NULL,
  kind VARCHAR(16) NOT NULL,
  state VARCHAR(16) NOT NULL,
  reason VARCHAR(255) NOT NULL,
  month VARCHAR(7) NOT NULL,
  version VARCHAR(12) NOT NULL,
  parts TEXT NOT NULL,
  cuts TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount >= 0),
  most BIGINT NOT NULL CHECK (most >= 0),
  granted BIGINT NOT NULL CHECK (granted >= 0),
  taken BIGINT NOT NULL CHECK (taken >= 0),
  round INTEGER NOT NULL,
  available_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  FOREIGN KEY (binding_id) REFERENCES referral_rebate_binding (id),
  FOREIGN KEY (order_id) REFERENCES orders (id),
  FOREIGN KEY (account_id) REFERENCES orders (id),
  FOREIGN KEY (customer_id) REFERENCES customer (id)
);
CREATE INDEX referral_rebate_reward_store_id ON referral_rebate_reward (store, id);
CREATE INDEX referral_rebate_reward_customer_month ON referral_rebate_reward (customer_id, month);
CREATE INDEX referral_rebate_reward_binding_id ON referral_rebate_reward (binding_id);
CREATE INDEX referral_rebate_reward_order_id ON referral_rebate_reward (order_id);
CREATE INDEX referral_rebate_reward_account_id ON referral_rebate_reward (account_id)
"""


def up(migrator, db):
    run_script(db, TABLES)


def down(migrator, db):
    for name in ("reward", "binding", "invite"):
        db.execute_sql(f"DROP TABLE referral_rebate_{name}")
