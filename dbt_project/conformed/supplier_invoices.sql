{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'invoice_number'],
    tags=['conformed_stock'],
    indexes=[
        {'columns': ['source_system', 'source_account', 'invoice_number'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select distinct source_system, source_account, invoice_number
    from {{ ref('supplier_invoice_lines') }}
    where {{ changed_since_last_build('_build_id') }}
)

select
    line.source_system,
    line.source_account,
    line.invoice_number,
    max(line.invoice_date) as invoice_date,
    max(line.document_type) as document_type,
    max(line.currency_code) as currency_code,
    max(line.due_date) as due_date,
    string_agg(distinct line.order_number, ', ' order by line.order_number) as order_numbers,
    count(*) as line_count,
    sum(line.line_amount)::numeric(18, 4) as lines_amount,
    max(line.invoice_total_amount) as invoice_total_amount,
    {{ build_stamp() }} as _build_id
from affected
join {{ ref('supplier_invoice_lines') }} as line using (source_system, source_account, invoice_number)
group by line.source_system, line.source_account, line.invoice_number
