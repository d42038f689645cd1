{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'shipment_number', 'document_id', 'document_position'],
    tags=['conformed_stock'],
    meta={'scope': ['source_system', 'source_account', 'shipment_number'], 'watched': ['order_number']},
    indexes=[
        {'columns': ['source_system', 'source_account', 'shipment_number', 'document_id', 'document_position'], 'unique': true},
        {'columns': ['order_number']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select distinct source_system, source_account, coalesce(shipment_number, warehouse_shipment_number, document_id) as shipment_number
    from {{ ref('stg_warehouse_edi__shipments') }}
    where {{ in_this_build('_delivery_id') }}
),

-- A shipment that is told again under its number replaces what was told before; test documents are none.
newest as (
    select
        document.*,
        affected.shipment_number as scope_number,
        dense_rank() over (
            partition by document.source_account, affected.shipment_number order by document.sent_at desc, document.document_id desc
        ) as age
    from affected
    cross join lateral (
        select *
        from {{ ref('stg_warehouse_edi__shipments') }} as each_document
        where each_document.source_account = affected.source_account
            and coalesce(each_document.shipment_number, each_document.warehouse_shipment_number, each_document.document_id) = affected.shipment_number
            and not each_document.is_test and not each_document.is_deleted
    ) as document
),

lines as (
    select
        source_system,
        source_account,
        scope_number as shipment_number,
        document_id,
        document_position,
        order_number,
        line_number,
        status_code,
        sku,
        vendor_sku,
        {{ gtin('ean') }} as gtin,
        ordered_quantity,
        shipped_quantity,
        unit_code,
        lot_number,
        package_code,
        tracking_number,
        carrier_code,
        ship_to,
        location,
        shipped_at,
        stated_at,
        {{ build_stamp() }} as _build_id
    from newest
    where age = 1
)

{{ rows_and_scopes('lines', 'affected') }}
