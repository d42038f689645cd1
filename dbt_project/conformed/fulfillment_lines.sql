{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='fulfillment_line_id',
    tags=['metrics'],
    meta={'scope': ['order_id']},
    indexes=[
        {'columns': ['fulfillment_line_id'], 'unique': true},
        {'columns': ['order_id']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select order_id from {{ ref('fulfillments') }} where {{ changed_since_last_build('_build_id') }}
    union
    select order_id from {{ left_by(ref('fulfillments'), {'order_id': 'text'}) }} as gone
    union
    select order_id from {{ ref('order_lines') }} where {{ changed_since_last_build('_build_id') }}
    union
    {{ order_ids_told_by(['stg_shopify__orders']) }}
    union
    select placed.order_id
    from {{ changed_shipments() }} as line
    {{ orders_of_shipments('line') }}
),

shipments as (
    select shipment.*
    from affected
    join {{ ref('fulfillments') }} as shipment using (order_id)
),

-- A warehouse names the line, or else the article.
from_warehouses as (
    select
        shipment.fulfillment_id,
        concat_ws('/', line.document_id, line.document_position) as line_key,
        ordered.order_line_id,
        line.sku,
        line.shipped_quantity as quantity
    from shipments as shipment
    join {{ ref('orders') }} as placed on placed.order_id = shipment.order_id
    join {{ ref('warehouse_shipment_lines') }} as line
        on line.source_system = shipment.reported_by_system
        and line.source_account = shipment.reported_by_account
        and line.shipment_number = shipment.fulfillment_key
        and line.order_number = ltrim(placed.order_name, '#')
    left join lateral (
        select candidate.order_line_id
        from {{ ref('order_lines') }} as candidate
        where candidate.order_id = shipment.order_id
            and (candidate.line_number::text = ltrim(line.line_number, '0') or candidate.sku = line.sku)
        order by candidate.sku = line.sku desc nulls last, candidate.line_number
        limit 1
    ) as ordered on true
),

from_shopify as (
    select
        shipment.fulfillment_id,
        line.line_key,
        ordered.order_line_id,
        ordered.sku,
        sum(line.quantity) as quantity
    from shipments as shipment
    join {{ ref('stg_shopify__fulfillment_lines') }} as line
        on shipment.reported_by_system = 'shopify'
        and line.source_account = shipment.reported_by_account
        and line.fulfillment_key = shipment.fulfillment_key
        and line.order_key = (select placed.order_key from {{ ref('orders') }} as placed where placed.order_id = shipment.order_id)
    left join {{ ref('order_lines') }} as ordered
        on ordered.order_id = shipment.order_id and ordered.line_key = line.line_key
    group by shipment.fulfillment_id, line.line_key, ordered.order_line_id, ordered.sku
),

from_marketplaces as (
    select
        shipment.fulfillment_id,
        ordered.line_key,
        ordered.order_line_id,
        ordered.sku,
        ordered.quantity
    from shipments as shipment
    join {{ ref('order_lines') }} as ordered
        on shipment.reported_by_system = 'marketplace_sftp' and ordered.order_id = shipment.order_id
),

sent as (
    select * from from_warehouses
    union all
    select * from from_shopify
    union all
    select * from from_marketplaces
),

fulfillment_lines as (
    select
        {{ id_of('fulfillment_line', ['sent.fulfillment_id', 'sent.line_key']) }} as fulfillment_line_id,
        sent.fulfillment_id,
        shipment.order_id,
        sent.order_line_id,
        shipment.source_system,
        shipment.source_account,
        sent.line_key,
        sent.sku,
        sent.quantity::numeric(15, 3) as quantity,
        shipment.status = 'sent' and shipment.is_sale as is_sent_sale,
        shipment.order_date,
        shipment.business_date,
        {{ build_stamp() }} as _build_id
    from sent
    join shipments as shipment using (fulfillment_id)
)

{{ rows_and_scopes('fulfillment_lines', 'affected') }}
