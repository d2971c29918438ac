"""The first tables. A copy of its own, not the models: what they become later is not for here."""

from shop.ops.schema import run_script

TABLES = """
CREATE TABLE store (
  code VARCHAR(32) NOT NULL PRIMARY KEY,
  catalogue_version BIGINT NOT NULL
);

CREATE TABLE category (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  handle VARCHAR(255) NOT NULL,
  title VARCHAR(255) NOT NULL,
  parent_id BIGINT,
  position INTEGER NOT NULL,
  translations TEXT NOT NULL,
  version INTEGER NOT NULL,
  FOREIGN KEY (parent_id) REFERENCES category (id)
);
CREATE INDEX category_parent_id ON category (parent_id);
CREATE UNIQUE INDEX category_store_handle ON category (store, handle);

CREATE TABLE product (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  handle VARCHAR(255) NOT NULL,
  title VARCHAR(255) NOT NULL,
  description TEXT NOT NULL,
  status VARCHAR(64) NOT NULL,
  unit VARCHAR(255) NOT NULL,
  vendor VARCHAR(255) NOT NULL,
  product_type VARCHAR(255) NOT NULL,
  tags TEXT NOT NULL,
  images TEXT NOT NULL,
  options TEXT NOT NULL,
  seo TEXT NOT NULL,
  translations TEXT NOT NULL,
  position INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX product_store_handle ON product (store, handle);
CREATE INDEX product_store_status_position_id ON product (store, status, position, id);

CREATE TABLE product_category (
  product_id BIGINT NOT NULL,
  category_id BIGINT NOT NULL,
  PRIMARY KEY (category_id, product_id),
  FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE,
  FOREIGN KEY (category_id) REFERENCES category (id) ON DELETE CASCADE
);
CREATE INDEX product_category_product_id ON product_category (product_id);
CREATE INDEX product_category_category_id ON product_category (category_id);

CREATE TABLE variant (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  product_id BIGINT NOT NULL,
  position INTEGER NOT NULL,
  sku VARCHAR(255) NOT NULL,
  barcode VARCHAR(255) NOT NULL,
  options TEXT NOT NULL,
  price BIGINT NOT NULL CHECK (price >= 0),
  compare_at BIGINT,
  cost BIGINT,
  weight INTEGER,
  image TEXT NOT NULL,
  tracked BOOLEAN NOT NULL,
  archived_at BIGINT,
  FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);
CREATE INDEX variant_product_id ON variant (product_id);
CREATE UNIQUE INDEX variant_store_sku ON variant (store, sku);

CREATE TABLE search_term (
  store VARCHAR(32) NOT NULL,
  term VARCHAR(64) NOT NULL,
  product_id BIGINT NOT NULL,
  PRIMARY KEY (store, term, product_id),
  FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);
CREATE INDEX search_term_product_id ON search_term (product_id);

CREATE TABLE price (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  variant_id BIGINT NOT NULL,
  source VARCHAR(64) NOT NULL,
  amount BIGINT NOT NULL CHECK (amount >= 0),
  starts BIGINT NOT NULL,
  ends BIGINT,
  pool VARCHAR(64) NOT NULL,
  FOREIGN KEY (variant_id) REFERENCES variant (id) ON DELETE CASCADE
);
CREATE INDEX price_variant_id_source_starts ON price (variant_id, source, starts);
CREATE INDEX price_variant_id_ends ON price (variant_id, ends);
CREATE INDEX price_store_starts ON price (store, starts);
CREATE INDEX price_store_ends ON price (store, ends);
CREATE INDEX price_of_plugin ON price (variant_id, source) WHERE source <> 'catalogue';

CREATE TABLE stock (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  variant_id BIGINT NOT NULL,
  pool VARCHAR(64) NOT NULL,
  on_hand INTEGER NOT NULL CHECK (on_hand >= 0),
  closed_at BIGINT,
  FOREIGN KEY (variant_id) REFERENCES variant (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX stock_variant_id_pool ON stock (variant_id, pool);
CREATE INDEX stock_store_pool ON stock (store, pool);

CREATE TABLE stock_movement (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  variant_id BIGINT NOT NULL,
  pool VARCHAR(64) NOT NULL,
  delta INTEGER NOT NULL,
  kind VARCHAR(64) NOT NULL,
  reason VARCHAR(255) NOT NULL,
  order_id BIGINT,
  actor VARCHAR(255) NOT NULL,
  at BIGINT NOT NULL,
  FOREIGN KEY (variant_id) REFERENCES variant (id) ON DELETE CASCADE
);
CREATE INDEX stock_movement_order_id ON stock_movement (order_id);
CREATE INDEX stock_movement_variant_id_pool_id ON stock_movement (variant_id, pool, id);

CREATE TABLE customer (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  phone VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  tags TEXT NOT NULL,
  locale VARCHAR(64) NOT NULL,
  verified_at BIGINT,
  erased_at BIGINT,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX customer_store_phone ON customer (store, phone);

CREATE TABLE once_per_phone (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  what VARCHAR(160) NOT NULL,
  phone VARCHAR(64) NOT NULL
);
CREATE UNIQUE INDEX once_per_phone_store_what_phone ON once_per_phone (store, what, phone);

CREATE TABLE login_code (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  phone VARCHAR(64) NOT NULL,
  seed VARCHAR(64) NOT NULL,
  tries INTEGER NOT NULL,
  peer VARCHAR(255) NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX login_code_store_phone_id ON login_code (store, phone, id);

CREATE TABLE attempt (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  what VARCHAR(64) NOT NULL,
  who VARCHAR(255) NOT NULL,
  span BIGINT NOT NULL,
  count INTEGER NOT NULL,
  tried_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX attempt_store_what_who_span ON attempt (store, what, who, span);
CREATE INDEX attempt_tried_at ON attempt (tried_at);

CREATE TABLE staff (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  name VARCHAR(255) NOT NULL,
  role VARCHAR(64) NOT NULL,
  password_hash VARCHAR(255) NOT NULL,
  totp_secret VARCHAR(255) NOT NULL,
  totp_last INTEGER NOT NULL,
  points TEXT NOT NULL,
  active BIGINT,
  version INTEGER NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX staff_store_name ON staff (store, name);

CREATE TABLE token (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  hash VARCHAR(255) NOT NULL,
  label VARCHAR(255) NOT NULL,
  staff_id BIGINT,
  customer_id BIGINT,
  scopes TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  revoked_at BIGINT,
  FOREIGN KEY (staff_id) REFERENCES staff (id),
  FOREIGN KEY (customer_id) REFERENCES customer (id)
);
CREATE UNIQUE INDEX token_hash ON token (hash);
CREATE INDEX token_staff_id ON token (staff_id);
CREATE INDEX token_customer_id ON token (customer_id);

CREATE TABLE pickup_point (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  code VARCHAR(32) NOT NULL,
  name VARCHAR(255) NOT NULL,
  address VARCHAR(255) NOT NULL,
  instructions TEXT NOT NULL,
  opening_hours VARCHAR(255) NOT NULL,
  translations TEXT NOT NULL,
  version INTEGER NOT NULL,
  retired_at BIGINT
);
CREATE UNIQUE INDEX pickup_point_store_code ON pickup_point (store, code);

CREATE TABLE pickup_window (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  point_id BIGINT NOT NULL,
  starts BIGINT NOT NULL,
  ends BIGINT NOT NULL,
  cut_off BIGINT NOT NULL,
  slot_starts BIGINT,
  slot_ends BIGINT,
  capacity INTEGER,
  version INTEGER NOT NULL,
  retired_at BIGINT,
  FOREIGN KEY (point_id) REFERENCES pickup_point (id)
);
CREATE INDEX pickup_window_point_id_starts ON pickup_window (point_id, starts);
CREATE INDEX pickup_window_point_id_slot_starts ON pickup_window (point_id, slot_starts);
CREATE INDEX pickup_window_store_ends ON pickup_window (store, ends);

CREATE TABLE cart (
  id VARCHAR(32) NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  customer_id BIGINT,
  options TEXT NOT NULL,
  pickup TEXT NOT NULL,
  contact TEXT NOT NULL,
  note VARCHAR(500) NOT NULL,
  peer VARCHAR(255) NOT NULL,
  order_id BIGINT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customer (id)
);
CREATE INDEX cart_customer_id ON cart (customer_id);
CREATE INDEX cart_store_peer_expires_at ON cart (store, peer, expires_at);
CREATE INDEX cart_expires_at ON cart (expires_at);

CREATE TABLE cart_line (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  cart_id VARCHAR(32) NOT NULL,
  variant_id BIGINT,
  sku VARCHAR(255) NOT NULL,
  title VARCHAR(600) NOT NULL,
  quantity INTEGER NOT NULL,
  options TEXT NOT NULL,
  FOREIGN KEY (cart_id) REFERENCES cart (id) ON DELETE CASCADE,
  FOREIGN KEY (variant_id) REFERENCES variant (id) ON DELETE SET NULL
);
CREATE INDEX cart_line_cart_id ON cart_line (cart_id);
CREATE INDEX cart_line_variant_id ON cart_line (variant_id);

CREATE TABLE orders (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  number VARCHAR(16) NOT NULL,
  customer_id BIGINT NOT NULL,
  state VARCHAR(64) NOT NULL,
  currency VARCHAR(3) NOT NULL,
  locale VARCHAR(64) NOT NULL,
  total BIGINT NOT NULL,
  paid BIGINT NOT NULL CHECK (paid >= 0),
  refunded BIGINT NOT NULL CHECK (refunded >= 0),
  provider VARCHAR(64) NOT NULL,
  method VARCHAR(64) NOT NULL,
  pay_by BIGINT,
  contact_name VARCHAR(255) NOT NULL,
  contact_phone VARCHAR(64) NOT NULL,
  note VARCHAR(500) NOT NULL,
  options TEXT NOT NULL,
  point_id BIGINT,
  window_id BIGINT,
  pickup_code VARCHAR(8) NOT NULL,
  ready_at BIGINT,
  reminded_at BIGINT,
  placed_at BIGINT NOT NULL,
  paid_at BIGINT,
  completed_at BIGINT,
  cancelled_at BIGINT,
  cancel_reason VARCHAR(64) NOT NULL,
  peer VARCHAR(255) NOT NULL,
  guest BOOLEAN NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customer (id),
  FOREIGN KEY (point_id) REFERENCES pickup_point (id),
  FOREIGN KEY (window_id) REFERENCES pickup_window (id)
);
CREATE INDEX orders_point_id ON orders (point_id);
CREATE INDEX orders_window_id ON orders (window_id);
CREATE UNIQUE INDEX orders_store_number ON orders (store, number);
CREATE INDEX orders_store_id ON orders (store, id);
CREATE INDEX orders_store_state_id ON orders (store, state, id);
CREATE INDEX orders_customer_id_id ON orders (customer_id, id);
CREATE UNIQUE INDEX orders_store_pickup_code ON orders (store, pickup_code);
CREATE INDEX orders_unpaid_customer ON orders (customer_id) WHERE state = 'pending';
CREATE INDEX orders_unpaid_peer ON orders (store, peer) WHERE state = 'pending';

CREATE TABLE order_line (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  position INTEGER NOT NULL,
  variant_id BIGINT NOT NULL,
  sku VARCHAR(255) NOT NULL,
  title VARCHAR(600) NOT NULL,
  label VARCHAR(255) NOT NULL,
  source VARCHAR(64) NOT NULL,
  pool VARCHAR(64) NOT NULL,
  quantity INTEGER NOT NULL,
  unit_price BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  discount BIGINT NOT NULL,
  spend BIGINT NOT NULL,
  cost BIGINT,
  options TEXT NOT NULL,
  offer TEXT NOT NULL,
  handed_out INTEGER NOT NULL,
  refunded INTEGER NOT NULL,
  withdrawn INTEGER NOT NULL,
  returned INTEGER NOT NULL,
  refunded_amount BIGINT NOT NULL,
  FOREIGN KEY (order_id) REFERENCES orders (id),
  FOREIGN KEY (variant_id) REFERENCES variant (id),
  CHECK (handed_out >= 0 AND handed_out + withdrawn <= quantity),
  CHECK (withdrawn >= 0 AND withdrawn <= refunded AND refunded <= quantity),
  CHECK (returned >= 0 AND returned <= quantity),
  CHECK (refunded_amount >= 0 AND refunded_amount <= amount + discount + spend)
);
CREATE INDEX order_line_order_id ON order_line (order_id);
CREATE INDEX order_line_variant_id_order_id ON order_line (variant_id, order_id);

CREATE TABLE order_adjustment (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  kind VARCHAR(64) NOT NULL,
  source VARCHAR(64) NOT NULL,
  key VARCHAR(64) NOT NULL,
  label VARCHAR(255) NOT NULL,
  amount BIGINT NOT NULL,
  refunded_amount BIGINT NOT NULL CHECK (refunded_amount >= 0),
  FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX order_adjustment_order_id ON order_adjustment (order_id);

CREATE TABLE allocation (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  line_id BIGINT NOT NULL,
  adjustment_id BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  FOREIGN KEY (line_id) REFERENCES order_line (id),
  FOREIGN KEY (adjustment_id) REFERENCES order_adjustment (id)
);
CREATE INDEX allocation_line_id ON allocation (line_id);
CREATE INDEX allocation_adjustment_id ON allocation (adjustment_id);

CREATE TABLE charge (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  key VARCHAR(64) NOT NULL,
  source VARCHAR(64) NOT NULL,
  label VARCHAR(255) NOT NULL,
  amount BIGINT NOT NULL CHECK (amount >= 0),
  refunded_amount BIGINT NOT NULL CHECK (refunded_amount >= 0),
  due_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE UNIQUE INDEX charge_order_id_key ON charge (order_id, key);

CREATE TABLE hold (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  order_id BIGINT NOT NULL,
  source VARCHAR(64) NOT NULL,
  reason VARCHAR(255) NOT NULL,
  created_at BIGINT NOT NULL,
  released_at BIGINT,
  FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX hold_order_id ON hold (order_id);

CREATE TABLE hand_out (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  lines TEXT NOT NULL,
  actor VARCHAR(255) NOT NULL,
  at BIGINT NOT NULL,
  undone_at BIGINT,
  undone_by VARCHAR(255) NOT NULL,
  undo_reason VARCHAR(255) NOT NULL,
  FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX hand_out_order_id ON hand_out (order_id);

CREATE TABLE payment (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  order_id BIGINT NOT NULL,
  provider VARCHAR(64) NOT NULL,
  method VARCHAR(64) NOT NULL,
  state VARCHAR(64) NOT NULL,
  amount BIGINT NOT NULL CHECK (amount >= 0),
  reference VARCHAR(255) NOT NULL,
  payer VARCHAR(255) NOT NULL,
  actor VARCHAR(255) NOT NULL,
  data TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  accepted_at BIGINT,
  FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX payment_order_id ON payment (order_id);
CREATE INDEX payment_payer ON payment (store, payer) WHERE payer <> '';

CREATE TABLE notice (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  provider VARCHAR(64) NOT NULL,
  event_id VARCHAR(255) NOT NULL,
  kind VARCHAR(64) NOT NULL,
  payment_id BIGINT,
  amount BIGINT NOT NULL,
  currency VARCHAR(3) NOT NULL,
  state VARCHAR(64) NOT NULL,
  at BIGINT NOT NULL
);
CREATE UNIQUE INDEX notice_store_provider_event_id ON notice (store, provider, event_id);

CREATE TABLE suspense (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  order_id BIGINT,
  payment_id BIGINT,
  provider VARCHAR(64) NOT NULL,
  method VARCHAR(64) NOT NULL,
  reference VARCHAR(255) NOT NULL,
  reason VARCHAR(64) NOT NULL,
  amount BIGINT NOT NULL,
  refund_amount BIGINT NOT NULL,
  applied BIGINT NOT NULL CHECK (applied >= 0),
  refunded BIGINT NOT NULL CHECK (refunded >= 0),
  currency VARCHAR(3) NOT NULL,
  state VARCHAR(64) NOT NULL,
  created_at BIGINT NOT NULL,
  settled_at BIGINT,
  actor VARCHAR(255) NOT NULL,
  FOREIGN KEY (order_id) REFERENCES orders (id),
  FOREIGN KEY (payment_id) REFERENCES payment (id)
);
CREATE INDEX suspense_order_id ON suspense (order_id);
CREATE INDEX suspense_payment_id ON suspense (payment_id);
CREATE INDEX suspense_store_state_id ON suspense (store, state, id);

CREATE TABLE refund (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  order_id BIGINT NOT NULL,
  key VARCHAR(255) NOT NULL,
  amount BIGINT NOT NULL CHECK (amount >= 0),
  state VARCHAR(64) NOT NULL,
  provider VARCHAR(64) NOT NULL,
  reason VARCHAR(255) NOT NULL,
  restock VARCHAR(64) NOT NULL,
  actor VARCHAR(255) NOT NULL,
  created_at BIGINT NOT NULL,
  done_at BIGINT,
  FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX refund_order_id ON refund (order_id);
CREATE UNIQUE INDEX refund_store_key ON refund (store, key);
CREATE INDEX refund_store_state_id ON refund (store, state, id);

CREATE TABLE refund_row (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  refund_id BIGINT NOT NULL,
  line_id BIGINT,
  adjustment_id BIGINT,
  charge_id BIGINT,
  units INTEGER NOT NULL,
  amount BIGINT NOT NULL,
  FOREIGN KEY (refund_id) REFERENCES refund (id),
  FOREIGN KEY (line_id) REFERENCES order_line (id),
  FOREIGN KEY (adjustment_id) REFERENCES order_adjustment (id),
  FOREIGN KEY (charge_id) REFERENCES charge (id)
);
CREATE INDEX refund_row_refund_id ON refund_row (refund_id);

CREATE TABLE refund_part (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  refund_id BIGINT NOT NULL,
  payment_id BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  state VARCHAR(64) NOT NULL,
  done_at BIGINT,
  FOREIGN KEY (refund_id) REFERENCES refund (id),
  FOREIGN KEY (payment_id) REFERENCES payment (id)
);
CREATE INDEX refund_part_refund_id ON refund_part (refund_id);
CREATE INDEX refund_part_payment_id ON refund_part (payment_id);

CREATE TABLE counter (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  name VARCHAR(160) NOT NULL,
  cap INTEGER,
  used INTEGER NOT NULL CHECK (used >= 0)
);
CREATE UNIQUE INDEX counter_store_name ON counter (store, name);

CREATE TABLE claim (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  counter_id BIGINT NOT NULL,
  key VARCHAR(160) NOT NULL,
  who VARCHAR(255),
  units INTEGER NOT NULL,
  order_id BIGINT,
  created_at BIGINT NOT NULL,
  released_at BIGINT,
  FOREIGN KEY (counter_id) REFERENCES counter (id),
  FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE INDEX claim_order_id ON claim (order_id);
CREATE UNIQUE INDEX claim_key ON claim (counter_id, key) WHERE released_at IS NULL;
CREATE UNIQUE INDEX claim_who ON claim (counter_id, who) WHERE released_at IS NULL AND who IS NOT NULL;

CREATE TABLE account (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  unit VARCHAR(64) NOT NULL,
  role VARCHAR(64) NOT NULL,
  customer_id BIGINT,
  balance BIGINT,
  name VARCHAR(160) NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customer (id)
);
CREATE INDEX account_customer_id ON account (customer_id);
CREATE UNIQUE INDEX account_store_name ON account (store, name);

CREATE TABLE movement (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  key VARCHAR(160) NOT NULL,
  kind VARCHAR(64) NOT NULL,
  source VARCHAR(64) NOT NULL,
  reason VARCHAR(255) NOT NULL,
  order_id BIGINT,
  of_id BIGINT,
  at BIGINT NOT NULL,
  seal_id BIGINT,
  FOREIGN KEY (of_id) REFERENCES movement (id)
);
CREATE INDEX movement_order_id ON movement (order_id);
CREATE INDEX movement_of_id ON movement (of_id);
CREATE UNIQUE INDEX movement_store_key ON movement (store, key);
CREATE INDEX movement_store_seal_id_id ON movement (store, seal_id, id);

CREATE TABLE lot (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  account_id BIGINT NOT NULL,
  key VARCHAR(160) NOT NULL,
  amount BIGINT NOT NULL,
  remaining BIGINT NOT NULL CHECK (remaining >= 0),
  available_at BIGINT NOT NULL,
  expires_at BIGINT,
  FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE UNIQUE INDEX lot_store_key ON lot (store, key);
CREATE INDEX lot_open ON lot (account_id, expires_at) WHERE remaining > 0;
CREATE INDEX lot_expiring ON lot (store, expires_at) WHERE remaining > 0;

CREATE TABLE entry (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  movement_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  lot_id BIGINT,
  amount BIGINT NOT NULL,
  FOREIGN KEY (movement_id) REFERENCES movement (id),
  FOREIGN KEY (account_id) REFERENCES account (id),
  FOREIGN KEY (lot_id) REFERENCES lot (id)
);
CREATE INDEX entry_movement_id ON entry (movement_id);
CREATE INDEX entry_lot_id ON entry (lot_id);
CREATE INDEX entry_account_id_movement_id ON entry (account_id, movement_id);

CREATE TABLE seal (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  chain VARCHAR(64) NOT NULL,
  number INTEGER NOT NULL,
  previous VARCHAR(255) NOT NULL,
  hash VARCHAR(255) NOT NULL,
  rows TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE UNIQUE INDEX seal_store_chain_number ON seal (store, chain, number);

CREATE TABLE event (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  kind VARCHAR(64) NOT NULL,
  order_id BIGINT,
  customer_id BIGINT,
  data TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX event_order_id ON event (order_id);
CREATE INDEX event_store_id ON event (store, id);

CREATE TABLE job (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  plugin VARCHAR(64) NOT NULL,
  name VARCHAR(64) NOT NULL,
  key VARCHAR(160) NOT NULL,
  subject VARCHAR(255) NOT NULL,
  data TEXT NOT NULL,
  state VARCHAR(64) NOT NULL,
  run_at BIGINT NOT NULL,
  tries INTEGER NOT NULL,
  leased_by VARCHAR(255) NOT NULL,
  lease_until BIGINT,
  error TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  done_at BIGINT
);
CREATE UNIQUE INDEX job_store_plugin_name_key ON job (store, plugin, name, key);
CREATE INDEX job_state_run_at ON job (state, run_at);
CREATE INDEX job_plugin_subject_state ON job (plugin, subject, state);

CREATE TABLE lease (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  holder VARCHAR(255) NOT NULL,
  until BIGINT NOT NULL
);

CREATE TABLE audit (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  actor VARCHAR(255) NOT NULL,
  action VARCHAR(64) NOT NULL,
  subject VARCHAR(255) NOT NULL,
  data TEXT NOT NULL,
  request_id VARCHAR(255) NOT NULL,
  at BIGINT NOT NULL,
  seal_id BIGINT
);
CREATE INDEX audit_store_id ON audit (store, id);
CREATE INDEX audit_store_action_id ON audit (store, action, id);
CREATE INDEX audit_store_subject_id ON audit (store, subject, id);
CREATE INDEX audit_store_seal_id_id ON audit (store, seal_id, id);

CREATE TABLE idempotency (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  caller VARCHAR(255) NOT NULL,
  operation VARCHAR(64) NOT NULL,
  key VARCHAR(255) NOT NULL,
  body_hash VARCHAR(255) NOT NULL,
  status INTEGER NOT NULL,
  answer TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX idempotency_store_caller_operation_key ON idempotency (store, caller, operation, key);
CREATE INDEX idempotency_created_at ON idempotency (created_at);

CREATE TABLE numbering (
  name VARCHAR(128) NOT NULL PRIMARY KEY,
  last BIGINT NOT NULL
);

CREATE TABLE remote_picture (
  id BIGSERIAL NOT NULL PRIMARY KEY,
  store VARCHAR(32) NOT NULL,
  product_id BIGINT NOT NULL,
  url TEXT NOT NULL,
  digest VARCHAR(64) NOT NULL,
  state VARCHAR(64) NOT NULL,
  src TEXT NOT NULL,
  error VARCHAR(64) NOT NULL,
  detail VARCHAR(255) NOT NULL,
  tries INTEGER NOT NULL,
  updated_at BIGINT NOT NULL,
  FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE
);
CREATE INDEX remote_picture_product_id ON remote_picture (product_id);
CREATE UNIQUE INDEX remote_picture_store_product_id_digest ON remote_picture (store, product_id, digest);
CREATE INDEX remote_picture_store_digest ON remote_picture (store, digest);
CREATE INDEX remote_picture_store_state_id ON remote_picture (store, state, id);
"""


def up(migrator, db):
    run_script(db, TABLES)


def down(migrator, db):
    names = [part.split()[2] for part in TABLES.split(";") if "CREATE TABLE" in part]
    run_script(db, ";".join(f"DROP TABLE {name}" for name in reversed(names)))
