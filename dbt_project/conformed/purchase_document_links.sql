{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'order_number', 'document_id'],
    tags=['conformed_stock'],
    indexes=[
        {'columns': ['source_system', 'source_account', 'order_number', 'document_id'], 'unique': true},
        {'columns': ['order_number']},
        {'columns': ['_build_id']},
    ],
) }}

{%- set documents = [
    ('supplier_edi__order_responses', 'response', 'response_number', 'responded_at'),
    ('supplier_edi__ship_notices', 'ship notice', 'shipment_number', 'stated_at'),
    ('supplier_edi__invoices', 'invoice', 'invoice_number', 'stated_at'),
    ('warehouse_edi__receipts', 'receipt', 'receipt_number', 'received_at'),
    ('warehouse_edi__shipments', 'shipment', 'shipment_number', 'stated_at'),
] %}

with linked as (
    {%- for table, role, number, moment in documents %}
    select
        document.source_system,
        document.source_account,
        document.order_number,
        document.document_id,
        '{{ role }}' as document_role,
        max(document.document_kind) as document_kind,
        max(document.{{ number }}) as document_number,
        max(document.{{ moment }}) as stated_at,
        count(*) as line_count,
        bool_or(document.is_test) as is_test
    from (
        select distinct source_account, document_id
        from {{ ref('stg_' ~ table) }}
        where {{ in_this_build('_delivery_id') }}
    ) as news
    join {{ ref('stg_' ~ table) }} as document using (source_account, document_id)
    where document.order_number is not null and not document.is_deleted
    group by document.source_system, document.source_account, document.order_number, document.document_id
    {{ "union all" if not loop.last }}
    {%- endfor %}
)

select
    linked.source_system,
    linked.source_account,
    linked.order_number,
    linked.document_id,
    linked.document_role,
    linked.document_kind,
    linked.document_number,
    linked.stated_at,
    linked.line_count,
    linked.is_test,
    {{ build_stamp() }} as _build_id
from linked
