{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'shipment_number', 'document_id', 'document_position'],
    tags=['conformed_stock'],
    meta={'scope': ['source_system', 'source_account', 'shipment_number']},
    indexes=[
        {'columns': ['source_system', 'source_account', 'shipment_number', 'document_id', 'document_position'], 'unique': true},
        {'columns': ['order_number']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select distinct source_system, source_account, shipment_number
    from {{ ref('stg_supplier_edi__ship_notices') }}
    where {{ in_this_build('_delivery_id') }}
),

-- A notice that comes again under its number replaces the one before; test notices are none.
newest as (
    select
        notice.*,
        dense_rank() over (
            partition by notice.source_account, notice.shipment_number
            order by notice.stated_at desc, notice.sent_at desc, notice.document_id desc
        ) as age
    from affected
    cross join lateral (
        select *
        from {{ ref('stg_supplier_edi__ship_notices') }} as each_notice
        where each_notice.source_account = affected.source_account
            and each_notice.shipment_number = affected.shipment_number
            and not each_notice.is_test and not each_notice.is_deleted
    ) as notice
),

lines as (
    select
        source_system,
        source_account,
        shipment_number,
        document_id,
        document_position,
        order_number,
        order_line_number,
        line_number,
        sku,
        vendor_sku,
        {{ gtin('ean') }} as gtin,
        description,
        shipped_quantity,
        ordered_quantity,
        unit_code,
        lot_number,
        package_code,
        tracking_number,
        bill_of_lading,
        carrier_code,
        ship_to,
        ship_from,
        shipped_at,
        expected_date,
        stated_at,
        {{ build_stamp() }} as _build_id
    from newest
    where age = 1
)

{{ rows_and_scopes('lines', 'affected') }}
