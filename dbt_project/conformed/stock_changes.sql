{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'adjustment_number', 'document_id', 'document_position'],
    tags=['conformed_stock'],
    meta={'scope': ['source_system', 'source_account', 'adjustment_number']},
    indexes=[
        {'columns': ['source_system', 'source_account', 'adjustment_number', 'document_id', 'document_position'], 'unique': true},
        {'columns': ['sku']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select distinct source_system, source_account, coalesce(adjustment_number, document_id) as adjustment_number
    from {{ ref('stg_warehouse_edi__stock_changes') }}
    where {{ in_this_build('_delivery_id') }}
),

-- A correction that is told again under its number replaces what was told before; test documents are none.
newest as (
    select
        document.*,
        affected.adjustment_number as scope_number,
        dense_rank() over (
            partition by document.source_account, affected.adjustment_number order by document.sent_at desc, document.document_id desc
        ) as age
    from affected
    cross join lateral (
        select *
        from {{ ref('stg_warehouse_edi__stock_changes') }} as each_document
        where each_document.source_account = affected.source_account
            and coalesce(each_document.adjustment_number, each_document.document_id) = affected.adjustment_number
            and not each_document.is_test and not each_document.is_deleted
    ) as document
),

lines as (
    select
        source_system,
        source_account,
        scope_number as adjustment_number,
        document_id,
        document_position,
        changed_at,
        location,
        reason_code,
        sku,
        {{ gtin('ean') }} as gtin,
        changed_quantity,
        unit_code,
        lot_number,
        order_number,
        {{ build_stamp() }} as _build_id
    from newest
    where age = 1
)

{{ rows_and_scopes('lines', 'affected') }}
