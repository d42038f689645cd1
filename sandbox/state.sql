-- What the stand-ins remember between requests and over a restart.

create table if not exists fact (
    name text primary key,
    value text not null          -- JSON
);

-- Faults that are switched on; see sandbox/faults.py.
create table if not exists fault (
    id integer primary key,
    rule text not null,          -- JSON of the Fault
    remaining integer,           -- hits left; null is without end
    skipped integer not null default 0,
    draws integer not null default 0,
    hits integer not null default 0
);

create table if not exists request_count (
    system text not null,
    operation text not null,
    count integer not null,
    primary key (system, operation)
);

-- Every change of an outside system's own data, so that duplicates in effect can be counted.
create table if not exists effect (
    id integer primary key,
    at text not null,
    system text not null,
    operation text not null,
    key text not null,
    before text,                 -- JSON
    after text,                  -- JSON
    idempotency_key text
);
create index if not exists effect_by_key on effect (operation, key);

create table if not exists akeneo_token (
    token text primary key,
    kind text not null,          -- access or refresh
    expires_at text not null
);

create table if not exists shop_product (
    id integer primary key,
    handle text not null unique,
    updated_at text not null,
    document text not null       -- JSON; see sandbox/shopify/tables.py
);

create table if not exists shop_variant (
    id integer primary key,      -- also the number of its inventory item
    product_id integer not null references shop_product (id),
    position integer not null,
    sku text not null,
    updated_at text not null,
    document text not null
);
create index if not exists shop_variant_by_product on shop_variant (product_id, position);
create index if not exists shop_variant_by_sku on shop_variant (sku);

create table if not exists shop_level (
    item_id integer not null,
    location_id integer not null,
    available integer not null,
    committed integer not null,
    created_at text not null,
    updated_at text not null,
    primary key (item_id, location_id)
);

create table if not exists shop_collection (
    id integer primary key,
    document text not null
);

create table if not exists shop_order (
    id integer primary key,
    name text not null,
    created_at text not null,
    updated_at text not null,
    document text not null
);

create table if not exists shop_cart (
    id integer primary key,
    name text not null,
    created_at text not null,
    updated_at text not null,
    document text not null
);

-- What came of each idempotency key: running, done (replayed) or failed.
create table if not exists shop_idempotency (
    key text primary key,
    operation text not null,
    parameters text not null,    -- SHA-256 of the mutation's arguments
    status text not null,
    answer text,                 -- JSON of the payload
    begun_at text not null
);

create table if not exists shop_adjustment (
    id integer primary key,
    document text not null
);

-- productSet with synchronous: false
create table if not exists shop_operation (
    id integer primary key,
    status text not null,        -- CREATED, ACTIVE or COMPLETE
    arguments text not null,     -- JSON
    product_id integer,
    user_errors text not null,   -- JSON
    begun_at text not null
);
