{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'invoice_number', 'document_id', 'document_position'],
    tags=['conformed_stock'],
    meta={'scope': ['source_system', 'source_account', 'invoice_number']},
    indexes=[
        {'columns': ['source_system', 'source_account', 'invoice_number', 'document_id', 'document_position'], 'unique': true},
        {'columns': ['order_number']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select distinct source_system, source_account, invoice_number
    from {{ ref('stg_supplier_edi__invoices') }}
    where {{ in_this_build('_delivery_id') }}
),

-- An invoice that comes again under its number is the same claim; test invoices are none.
newest as (
    select
        invoice.*,
        dense_rank() over (
            partition by invoice.source_account, invoice.invoice_number
            order by invoice.sent_at desc, invoice.document_id desc
        ) as age
    from affected
    cross join lateral (
        select *
        from {{ ref('stg_supplier_edi__invoices') }} as each_invoice
        where each_invoice.source_account = affected.source_account
            and each_invoice.invoice_number = affected.invoice_number
            and not each_invoice.is_test and not each_invoice.is_deleted
    ) as invoice
),

lines as (
    select
        source_system,
        source_account,
        invoice_number,
        document_id,
        document_position,
        invoice_date,
        document_type,
        order_number,
        shipment_number,
        currency_code,
        due_date,
        invoice_total_amount,
        line_number,
        order_line_number,
        sku,
        vendor_sku,
        {{ gtin('ean') }} as gtin,
        description,
        invoiced_quantity,
        unit_code,
        {{ amount('price_amount / coalesce(nullif(price_basis_quantity, 0), 1)') }} as price_amount,
        {{ amount('coalesce(line_amount, invoiced_quantity * price_amount / coalesce(nullif(price_basis_quantity, 0), 1))') }}
            as line_amount,
        {{ build_stamp() }} as _build_id
    from newest
    where age = 1
)

{{ rows_and_scopes('lines', 'affected') }}
