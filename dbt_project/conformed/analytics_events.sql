{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='analytics_event_id',
    tags=['conformed_orders'],
    meta={'scope': ['source_system', 'source_account', 'event_key']},
    indexes=[
        {'columns': ['analytics_event_id'], 'unique': true},
        {'columns': ['source_system', 'source_account', 'event_key']},
        {'columns': ['sku']},
        {'columns': ['business_date']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select source_system, source_account, event_key
    from {{ ref('stg_klaviyo__events') }}
    where {{ in_this_build('_delivery_id') }}
    {% if is_incremental() -%}
    union
    select source_system, source_account, event_key from {{ lines_of_new_articles() }} as line
    {%- endif %}
),

analytics_events as (
    select
        {{ id_of('analytics_event', ['event.source_system', 'event.source_account', 'event.event_key']) }} as analytics_event_id,
        event.source_system,
        event.source_account,
        event.event_key,
        coalesce(vocabulary.status, 'other') as event_type,
        event.source_event_name,
        event.occurred_at,
        {{ business_date('event.occurred_at', "coalesce(shop.time_zone, 'UTC')") }} as business_date,
        event.person_key,
        event.campaign_key,
        event.campaign_name,
        event.flow_key,
        event.flow_name,
        event.value_amount,
        event.currency_code,
        event.sku,
        article.product_id,
        article.variant_id,
        event.page_url,
        {{ build_stamp() }} as _build_id
    from affected
    join {{ ref('stg_klaviyo__events') }} as event using (source_system, source_account, event_key)
    left join {{ ref('shops') }} as shop using (source_system, source_account)
    left join {{ ref('status_vocabulary') }} as vocabulary
        on vocabulary.source_system = event.source_system
        and vocabulary.subject = 'analytics_event'
        and vocabulary.source_status = event.source_event_name
    left join lateral {{ article_of('event.sku') }} as article on true
    where not event.is_deleted
)

{{ rows_and_scopes('analytics_events', 'affected') }}
