{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'cohort_month', 'months_since_first'],
    tags=['metrics'],
    meta={'scope': ['source_system', 'source_account', 'cohort_month']},
    indexes=[
        {'columns': ['source_system', 'source_account', 'cohort_month', 'months_since_first'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

{% set cohort = ['source_system', 'source_account', 'cohort_month'] %}
{% set cohort_types = {'source_system': 'text', 'source_account': 'text', 'cohort_month': 'date'} %}

with affected as (
    select {{ cohort | join(', ') }} from {{ ref('customer_orders') }} where {{ changed_since_last_build('_build_id') }}
    union
    select * from {{ left_by(ref('customer_orders'), cohort_types) }} as left_by_customers
),

months as (
    select
        {{ cohort | join(', ') }},
        purchase.months_since_first,
        count(distinct purchase.customer_id) as customer_count,
        count(*) as order_count
    from affected
    join {{ ref('customer_orders') }} as purchase using ({{ cohort | join(', ') }})
    group by {{ cohort | join(', ') }}, purchase.months_since_first
),

cohorts as (
    select
        {{ cohort | join(', ') }},
        months_since_first,
        (cohort_month + make_interval(months => months_since_first))::date as month,
        customer_count::integer as customer_count,
        first_value(customer_count) over (
            partition by {{ cohort | join(', ') }} order by months_since_first
        )::integer as cohort_customer_count,
        order_count::integer as order_count,
        {{ build_stamp() }} as _build_id
    from months
)

{{ rows_and_scopes('cohorts', 'affected') }}
