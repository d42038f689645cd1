{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['promotion_id', 'business_date'],
    tags=['metrics'],
    meta={'scope': ['promotion_id', 'business_date']},
    indexes=[
        {'columns': ['promotion_id', 'business_date'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

-- A promotion is measured on its days, and on as many before them.
with measured as (
    select
        promotion.promotion_id,
        promotion.source_system,
        promotion.source_account,
        promotion.title,
        promotion.starts_on,
        promotion.ends_on,
        promotion.starts_on - (promotion.ends_on - promotion.starts_on + 1) as measured_from,
        promotion._build_id
    from {{ ref('promotions') }} as promotion
    where promotion.starts_on is not null
        and not promotion.is_deleted
        and exists (select from {{ ref('promotion_recipients') }} as reached where reached.promotion_id = promotion.promotion_id)
),

changed_days as (
    select source_system, source_account, business_date from {{ ref('orders') }} where {{ changed_since_last_build('_build_id') }}
    union
    select *
    from {{ left_by(ref('orders'), {'source_system': 'text', 'source_account': 'text', 'business_date': 'date'}) }} as left_by_orders
),

changed_promotions as (
    select promotion_id from {{ ref('promotions') }} where {{ changed_since_last_build('_build_id') }}
    union
    select promotion_id from {{ ref('promotion_recipients') }} where {{ changed_since_last_build('_build_id') }}
),

affected as (
    select measured.promotion_id, changed.business_date
    from measured
    join changed_days as changed
        on changed.source_system = measured.source_system
        and changed.source_account = measured.source_account
        and changed.business_date between measured.measured_from and measured.ends_on
    union
    select measured.promotion_id, day.day::date
    from changed_promotions
    join measured using (promotion_id)
    cross join generate_series(measured.measured_from, measured.ends_on, interval '1 day') as day (day)
    {% if is_incremental() -%}
    union
    select this.promotion_id, this.business_date
    from changed_promotions
    join {{ this }} as this using (promotion_id)
    {%- endif %}
),

sales as (
    select
        affected.promotion_id,
        affected.business_date,
        reached.customer_id is not null as is_reached,
        placed.customer_id,
        coalesce(placed.gross_reporting_amount - placed.discount_reporting_amount, 0) as net_amount
    from affected
    join measured using (promotion_id)
    join {{ ref('orders') }} as placed
        on placed.source_system = measured.source_system
        and placed.source_account = measured.source_account
        and placed.business_date = affected.business_date
        and placed.is_sale
        and placed.customer_id is not null
    left join {{ ref('promotion_recipients') }} as reached
        on reached.promotion_id = affected.promotion_id
        and reached.customer_id = placed.customer_id
        and not reached.is_deleted
    where affected.business_date between measured.measured_from and measured.ends_on
),

promotion_days as (
    select
        promotion_id,
        business_date,
        measured.source_system,
        measured.source_account,
        measured.title,
        measured.starts_on,
        measured.ends_on,
        case when business_date < measured.starts_on then 'before' else 'during' end as period,
        (count(*) filter (where is_reached))::integer as reached_order_count,
        (count(distinct sales.customer_id) filter (where is_reached))::integer as reached_customer_count,
        {{ amount('coalesce(sum(net_amount) filter (where is_reached), 0)') }} as reached_net_reporting_amount,
        (count(*) filter (where not is_reached))::integer as other_order_count,
        (count(distinct sales.customer_id) filter (where not is_reached))::integer as other_customer_count,
        {{ amount('coalesce(sum(net_amount) filter (where not is_reached), 0)') }} as other_net_reporting_amount,
        '{{ var("reporting_currency") }}' as reporting_currency_code,
        {{ build_stamp() }} as _build_id
    from sales
    join measured using (promotion_id)
    group by
        promotion_id,
        business_date,
        measured.source_system,
        measured.source_account,
        measured.title,
        measured.starts_on,
        measured.ends_on
)

{{ rows_and_scopes('promotion_days', 'affected') }}
