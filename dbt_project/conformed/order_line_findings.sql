{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'order_key', 'line_key', 'reason'],
    tags=['conformed_orders'],
    meta={'scope': ['source_system', 'source_account', 'order_key']},
    indexes=[
        {'columns': ['source_system', 'source_account', 'order_key', 'line_key', 'reason'], 'unique': true},
        {'columns': ['reason']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select distinct source_system, source_account, order_key
    from {{ lines_of_ledgers() }} as line
    where {{ in_this_build('_delivery_id') }}
),

lines as (
    select
        line.*,
        row_number() over (
            partition by
                line.source_system, line.source_account, line.order_key, line.product_key, line.title, line.quantity,
                line.gross_amount, line.discount_amount, line.placed_at, line.customer_key, line.country_name
            order by line.line_number, line.line_key
        ) as repetition
    from affected
    cross join lateral (
        select *
        from {{ lines_of_ledgers() }} as of_document
        where {{ is_line_of('of_document', 'affected') }}
    ) as line
),

findings as (
    select
        lines.source_system,
        lines.source_account,
        lines.order_key,
        lines.line_key,
        found.reason,
        lines.is_correction,
        lines.quantity,
        {{ amount('lines.gross_amount - lines.discount_amount') }} as net_amount,
        {{ build_stamp() }} as _build_id
    from lines
    cross join lateral (
        values
            ('repeated_line', lines.repetition > 1),
            ('without_customer', lines.customer_key is null),
            ('without_price', lines.gross_amount = 0),
            ('without_quantity', lines.quantity = 0),
            ('below_zero', lines.quantity < 0 and not lines.is_correction),
            ('sold_in_correction', lines.quantity > 0 and lines.is_correction)
    ) as found (reason, applies)
    where found.applies
)

{{ rows_and_scopes('findings', 'affected') }}
