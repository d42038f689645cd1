{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='order_id',
    tags=['metrics'],
    meta={'scope': ['customer_id'], 'watched': ['source_system', 'source_account', 'cohort_month']},
    indexes=[
        {'columns': ['order_id'], 'unique': true},
        {'columns': ['customer_id']},
        {'columns': ['source_system', 'source_account', 'cohort_month']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select customer_id
    from {{ ref('orders') }}
    where customer_id is not null and {{ changed_since_last_build('_build_id') }}
    union
    select customer_id
    from {{ left_by(ref('orders'), {'customer_id': 'text'}) }} as left_by_orders
    where customer_id is not null
),

numbered as (
    select
        placed.*,
        row_number() over purchases as purchase_number,
        min(placed.business_date) over purchases as first_date,
        lag(placed.business_date) over purchases as previous_date
    from affected
    join {{ ref('orders') }} as placed using (customer_id)
    where placed.is_sale
    window purchases as (partition by placed.customer_id order by placed.placed_at, placed.order_id)
),

customer_orders as (
    select
        order_id,
        customer_id,
        source_system,
        source_account,
        business_date,
        purchase_number::integer as purchase_number,
        date_trunc('month', first_date)::date as cohort_month,
        (
            12 * (extract(year from business_date) - extract(year from first_date))
            + extract(month from business_date) - extract(month from first_date)
        )::integer as months_since_first,
        business_date - previous_date as days_since_previous,
        {{ build_stamp() }} as _build_id
    from numbered
)

{{ rows_and_scopes('customer_orders', 'affected') }}
