{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'receipt_number', 'document_id', 'document_position'],
    tags=['conformed_stock'],
    meta={'scope': ['source_system', 'source_account', 'receipt_number']},
    indexes=[
        {'columns': ['source_system', 'source_account', 'receipt_number', 'document_id', 'document_position'], 'unique': true},
        {'columns': ['order_number']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select distinct source_system, source_account, receipt_number as receipt_number
    from {{ ref('stg_warehouse_edi__receipts') }}
    where {{ in_this_build('_delivery_id') }}
),

-- A receipt that is told again under its number replaces what was told before; test documents are none.
newest as (
    select
        document.*,
        affected.receipt_number as scope_number,
        dense_rank() over (
            partition by document.source_account, affected.receipt_number order by document.sent_at desc, document.document_id desc
        ) as age
    from affected
    cross join lateral (
        select *
        from {{ ref('stg_warehouse_edi__receipts') }} as each_document
        where each_document.source_account = affected.source_account
            and each_document.receipt_number = affected.receipt_number
            and not each_document.is_test and not each_document.is_deleted
    ) as document
),

lines as (
    select
        source_system,
        source_account,
        scope_number as receipt_number,
        document_id,
        document_position,
        received_at,
        order_number,
        order_line_number,
        line_number,
        shipment_number as supplier_shipment_number,
        location,
        sku,
        vendor_sku,
        {{ gtin('ean') }} as gtin,
        received_quantity,
        refused_quantity,
        unit_code,
        condition_code,
        lot_number,
        {{ build_stamp() }} as _build_id
    from newest
    where age = 1
)

{{ rows_and_scopes('lines', 'affected') }}
