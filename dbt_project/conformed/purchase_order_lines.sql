{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'order_number', 'line_key'],
    tags=['conformed_stock'],
    meta={'scope': ['source_system', 'source_account', 'order_number']},
    indexes=[
        {'columns': ['source_system', 'source_account', 'order_number', 'line_key'], 'unique': true},
        {'columns': ['order_number']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select distinct source_system, source_account, order_number
    from {{ ref('stg_supplier_edi__order_responses') }}
    where {{ in_this_build('_delivery_id') }}
),

stated as (
    select
        response.*,
        -- Suppliers who do not repeat our line number name the article.
        coalesce(response.line_number, response.sku, response.vendor_sku, response.ean, '') as line_key,
        coalesce(state.status, 'unknown') as status
    from affected
    cross join lateral (
        select *
        from {{ ref('stg_supplier_edi__order_responses') }} as each_response
        where each_response.source_account = affected.source_account and each_response.order_number = affected.order_number
            and not each_response.is_test and not each_response.is_deleted
    ) as response
    left join {{ ref('status_vocabulary') }} as state
        on state.source_system = response.source_system
        and state.subject = 'order_line'
        and state.source_status = response.status_code
),

newest as (
    select *
    from (
        select
            stated.*,
            dense_rank() over (
                partition by source_account, order_number, line_key order by responded_at desc, sent_at desc, document_id desc
            ) as age
        from stated
    ) as ranked
    where age = 1
),

lines as (
    select
        source_system,
        source_account,
        order_number,
        line_key,
        max(order_date) as order_date,
        max(sku) as sku,
        max(vendor_sku) as vendor_sku,
        {{ gtin('max(ean)') }} as gtin,
        max(description) as description,
        max(ordered_quantity) as ordered_quantity,
        -- A line without quantities of its own is confirmed as it was ordered.
        coalesce(
            sum(confirmed_quantity) filter (where status in ('accepted', 'changed')),
            case when bool_or(status in ('accepted', 'changed')) then max(ordered_quantity) else 0 end
        )::numeric(15, 3) as confirmed_quantity,
        coalesce(sum(confirmed_quantity) filter (where status = 'waiting'), 0)::numeric(15, 3) as waiting_quantity,
        max(unit_code) as unit_code,
        {{ amount('max(price_amount) / coalesce(nullif(max(price_basis_quantity), 0), 1)') }} as price_amount,
        max(currency_code) as currency_code,
        case when count(distinct status) = 1 then min(status) else 'changed' end as status,
        string_agg(distinct status_code, ', ' order by status_code) as status_codes,
        min(confirmed_ship_date) as confirmed_ship_date,
        min(confirmed_delivery_date) as confirmed_delivery_date,
        max(responded_at) as responded_at,
        max(document_id) as document_id,
        {{ build_stamp() }} as _build_id
    from newest
    group by source_system, source_account, order_number, line_key
)

{{ rows_and_scopes('lines', 'affected') }}
