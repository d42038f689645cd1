{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='fulfillment_id',
    tags=['metrics'],
    meta={'scope': ['order_id'], 'watched': ['order_id']},
    indexes=[
        {'columns': ['fulfillment_id'], 'unique': true},
        {'columns': ['order_id']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select order_id from {{ ref('orders') }} where {{ changed_since_last_build('_build_id') }}
    union
    {{ order_ids_told_by(['stg_shopify__orders', 'stg_marketplace_sftp__orders', 'stg_marketplace_sftp__order_items']) }}
    union
    select placed.order_id
    from {{ changed_shipments() }} as line
    {{ orders_of_shipments('line') }}
),

placed as (
    select placed.*
    from affected
    join {{ ref('orders') }} as placed using (order_id)
    where placed.fulfillment_status <> 'not_stated'
),

-- What the warehouse reports is what was sent; until it reports anything the shop's own word counts.
from_warehouses as (
    select
        placed.order_id,
        line.source_system,
        line.source_account,
        line.shipment_number as fulfillment_key,
        line.shipment_number as fulfillment_name,
        'sent' as status,
        min(coalesce(line.shipped_at, line.stated_at)) as shipped_at,
        null::timestamptz as delivered_at,
        null::timestamptz as ship_by_at,
        null::timestamptz as deliver_by_at,
        min(line.location) as location,
        min(line.carrier_code) as carrier,
        min(line.tracking_number) as tracking_number
    from placed
    {{ shipments_of_orders('placed') }}
    group by placed.order_id, line.source_system, line.source_account, line.shipment_number
),

from_shopify as (
    select
        placed.order_id,
        shipment.source_system,
        shipment.source_account,
        shipment.fulfillment_key,
        shipment.fulfillment_name,
        coalesce(vocabulary.status, 'unknown') as status,
        shipment.shipped_at,
        shipment.delivered_at,
        null::timestamptz as ship_by_at,
        null::timestamptz as deliver_by_at,
        shipment.location,
        shipment.carrier,
        shipment.tracking_number
    from placed
    join {{ ref('stg_shopify__fulfillments') }} as shipment using (source_system, source_account, order_key)
    left join {{ ref('status_vocabulary') }} as vocabulary
        on vocabulary.source_system = shipment.source_system
        and vocabulary.subject = 'shipment'
        and vocabulary.source_status = shipment.status
    where not exists (select from from_warehouses as reported where reported.order_id = placed.order_id)
),

-- An order of the marketplace is sent as one, once all of its sellers have handed theirs over.
from_marketplaces as (
    select
        placed.order_id,
        placed.source_system,
        placed.source_account,
        placed.order_key as fulfillment_key,
        placed.order_name as fulfillment_name,
        'sent' as status,
        stated.handed_to_carrier_at as shipped_at,
        stated.delivered_at,
        items.ship_by_at,
        stated.estimated_delivery_at as deliver_by_at,
        null::text as location,
        null::text as carrier,
        null::text as tracking_number
    from placed
    join {{ ref('stg_marketplace_sftp__orders') }} as stated using (source_system, source_account, order_key)
    cross join lateral (
        select max(item.shipping_limit_at) as ship_by_at
        from {{ ref('stg_marketplace_sftp__order_items') }} as item
        where item.source_account = placed.source_account and item.order_key = placed.order_key and not item.is_deleted
    ) as items
    where stated.handed_to_carrier_at is not null and not stated.is_deleted
),

shipments as (
    select * from from_warehouses
    union all
    select * from from_shopify
    union all
    select * from from_marketplaces
),

fulfillments as (
    select
        {{ id_of('fulfillment', ['placed.order_id', 'shipment.source_system', 'shipment.source_account', 'shipment.fulfillment_key']) }}
            as fulfillment_id,
        placed.order_id,
        placed.source_system,
        placed.source_account,
        shipment.source_system as reported_by_system,
        shipment.source_account as reported_by_account,
        shipment.fulfillment_key,
        shipment.fulfillment_name,
        shipment.status,
        placed.is_sale,
        placed.placed_at,
        placed.business_date as order_date,
        shipment.shipped_at,
        {{ business_date('shipment.shipped_at', 'placed.time_zone') }} as business_date,
        shipment.ship_by_at,
        shipment.delivered_at,
        shipment.deliver_by_at,
        shipment.location,
        shipment.carrier,
        shipment.tracking_number,
        {{ build_stamp() }} as _build_id
    from shipments as shipment
    join placed on placed.order_id = shipment.order_id
)

{{ rows_and_scopes('fulfillments', 'affected') }}
