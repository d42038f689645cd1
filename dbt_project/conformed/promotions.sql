{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='promotion_id',
    tags=['conformed_orders'],
    meta={'scope': ['promotion_id']},
    indexes=[
        {'columns': ['promotion_id'], 'unique': true},
        {'columns': ['source_system', 'source_account', 'starts_on']},
        {'columns': ['_build_id']},
    ],
) }}

-- Some are announced; others are known from the orders that they lower, as long as there are any.
with affected as (
    select {{ promotion_id_of('campaign') }} as promotion_id
    from {{ promotions_of_systems() }} as campaign
    where {{ in_this_build('campaign._delivery_id') }}
    union
    select promotion_id from {{ ref('promotion_applications') }} where {{ changed_since_last_build('_build_id') }}
    union
    select promotion_id from {{ left_by(ref('promotion_applications'), {'promotion_id': 'text'}) }} as left_by_orders
),

announced as (
    select {{ promotion_id_of('campaign') }} as promotion_id, campaign.*
    from {{ promotions_of_systems() }} as campaign
),

known as (
    select
        promotion_id,
        announced.source_system,
        announced.source_account,
        announced.promotion_type,
        announced.promotion_key,
        announced.title,
        announced.starts_on,
        announced.ends_on,
        announced.is_deleted
    from affected
    join announced using (promotion_id)
    union all
    select
        affected.promotion_id,
        seen.source_system,
        seen.source_account,
        seen.promotion_type,
        seen.promotion_key,
        coalesce(nullif(seen.promotion_key, ''), 'without a name'),
        null::date,
        null::date,
        false
    from affected
    cross join lateral (
        select source_system, source_account, promotion_type, promotion_key
        from {{ ref('promotion_applications') }} as taken
        where taken.promotion_id = affected.promotion_id
        limit 1
    ) as seen
),

promotions as (
    select
        promotion_id,
        source_system,
        source_account,
        promotion_type,
        promotion_key,
        title,
        case when promotion_type = 'code' then promotion_key end as promotion_code,
        starts_on,
        ends_on,
        is_deleted,
        {{ build_stamp() }} as _build_id
    from known
)

{{ rows_and_scopes('promotions', 'affected') }}
