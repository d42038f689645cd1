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

{#- Who a supplier of the ERP is. Nobody known: the order stays with the ERP, and a test says so. -#}
{%- set supplier_system = "coalesce(supplier.source_system, line.source_system)" %}
{%- set supplier_account = "coalesce(supplier.source_account, line.supplier_number)" %}

with ordered_anew as (
    select distinct order_number
    from {{ ref('stg_erp_sftp__purchase_orders') }}
    where {{ in_this_build('_delivery_id') }}
),

affected as (
    select distinct source_system, source_account, order_number
    from {{ ref('stg_supplier_edi__order_responses') }}
    where {{ in_this_build('_delivery_id') }}
    union
    select {{ supplier_system }}, {{ supplier_account }}, line.order_number
    from ordered_anew
    join {{ ref('stg_erp_sftp__purchase_orders') }} as line using (order_number)
    left join {{ ref('supplier_accounts') }} as supplier using (supplier_number)
    {%- if is_incremental() %}
    union
    -- An order that the ERP moves to another supplier leaves the one before.
    select before.source_system, before.source_account, before.order_number
    from ordered_anew
    join {{ this }} as before using (order_number)
    where before.order_changed_at is not null
    {%- endif %}
),

ordered as (
    select
        affected.source_system,
        affected.source_account,
        affected.order_number,
        line.line_number::text as line_key,
        line.order_date,
        line.requested_delivery_date,
        line.ship_to_location,
        line.sku,
        line.vendor_sku,
        line.ean,
        line.description,
        case when line.is_cancelled then 0 else line.ordered_quantity end as ordered_quantity,
        coalesce(uom.unit, 'unknown') as ordered_unit,
        {{ amount('line.price_amount') }} as ordered_price_amount,
        line.currency_code,
        line.is_cancelled,
        line.changed_at as order_changed_at
    from affected
    join {{ ref('stg_erp_sftp__purchase_orders') }} as line using (order_number)
    left join {{ ref('supplier_accounts') }} as supplier using (supplier_number)
    left join {{ ref('uom') }} as uom on uom.source_system = 'erp_sftp' and uom.unit_code = line.unit_code
    where not line.is_deleted
        and {{ supplier_system }} = affected.source_system and {{ supplier_account }} = affected.source_account
),

stated as (
    select
        response.*,
        -- Suppliers who do not repeat our line number name the article.
        coalesce(known.line_key, response.line_number, response.sku, response.vendor_sku, response.ean, '') as line_key,
        coalesce(state.status, 'unknown') as status
    from affected
    cross join lateral (
        select *
        from {{ ref('stg_supplier_edi__order_responses') }} as each_response
        where each_response.source_account = affected.source_account and each_response.order_number = affected.order_number
            and not each_response.is_test and not each_response.is_deleted
    ) as response
    left join lateral (
        select ordered.line_key
        from ordered
        where ordered.source_account = response.source_account and ordered.order_number = response.order_number
            and (
                ordered.line_key = ltrim(response.line_number, '0')
                or response.line_number is null
                and (ordered.sku = response.sku or ordered.vendor_sku = response.vendor_sku or ordered.ean = response.ean)
            )
        order by ordered.line_key
        limit 1
    ) as known on true
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

answered as (
    select
        source_system,
        source_account,
        order_number,
        line_key,
        max(order_date) as order_date,
        max(sku) as sku,
        max(vendor_sku) as vendor_sku,
        max(ean) as ean,
        max(description) as description,
        max(ordered_quantity) as ordered_quantity,
        bool_or(status in ('accepted', 'changed')) as is_taken,
        sum(confirmed_quantity) filter (where status in ('accepted', 'changed')) as confirmed_quantity,
        sum(confirmed_quantity) filter (where status = 'waiting') as waiting_quantity,
        max(unit_code) as unit_code,
        {{ amount('max(price_amount) / coalesce(nullif(max(price_basis_quantity), 0), 1)') }} as price_amount,
        max(currency_code) as currency_code,
        case when count(distinct status) = 1 then min(status) else 'changed' end as status,
        string_agg(distinct status_code, ', ' order by status_code) as status_codes,
        min(confirmed_ship_date) as confirmed_ship_date,
        min(confirmed_delivery_date) as confirmed_delivery_date,
        max(responded_at) as responded_at,
        max(document_id) as document_id
    from newest
    group by source_system, source_account, order_number, line_key
),

-- What we ordered is what the ERP says; what it does not say, the supplier repeats.
lines as (
    select
        source_system,
        source_account,
        order_number,
        line_key,
        coalesce(ordered.order_date, answered.order_date) as order_date,
        ordered.requested_delivery_date,
        ordered.ship_to_location,
        coalesce(ordered.sku, answered.sku) as sku,
        coalesce(ordered.vendor_sku, answered.vendor_sku) as vendor_sku,
        {{ gtin('coalesce(ordered.ean, answered.ean)') }} as gtin,
        coalesce(ordered.description, answered.description) as description,
        coalesce(ordered.ordered_quantity, answered.ordered_quantity) as ordered_quantity,
        ordered.ordered_unit,
        ordered.ordered_price_amount,
        -- A line without quantities of its own is confirmed as it was ordered.
        coalesce(
            answered.confirmed_quantity,
            case when answered.is_taken then coalesce(answered.ordered_quantity, ordered.ordered_quantity) else 0 end
        )::numeric(15, 3) as confirmed_quantity,
        coalesce(answered.waiting_quantity, 0)::numeric(15, 3) as waiting_quantity,
        answered.unit_code,
        answered.price_amount,
        coalesce(ordered.currency_code, answered.currency_code) as currency_code,
        coalesce(answered.status, 'ordered') as status,
        answered.status_codes,
        answered.confirmed_ship_date,
        answered.confirmed_delivery_date,
        coalesce(ordered.is_cancelled, false) as is_cancelled,
        ordered.order_changed_at,
        answered.responded_at,
        answered.document_id,
        {{ build_stamp() }} as _build_id
    from ordered
    full join answered using (source_system, source_account, order_number, line_key)
)

{{ rows_and_scopes('lines', 'affected') }}
