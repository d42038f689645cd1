{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'location', 'item_key', 'activity', 'period_start_date', 'period_end_date'],
    tags=['conformed_stock'],
    meta={'scope': ['source_system', 'source_account', 'location', 'period_start_date', 'period_end_date']},
    indexes=[
        {
            'columns': ['source_system', 'source_account', 'location', 'item_key', 'activity', 'period_start_date', 'period_end_date'],
            'unique': true,
        },
        {'columns': ['sku']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select distinct source_system, source_account, coalesce(location, '') as location, period_start_date, period_end_date
    from {{ ref('stg_retailer_edi__sales') }}
    where {{ in_this_build('_delivery_id') }}
),

told as (
    select
        report.*,
        affected.location as place,
        coalesce(report.sku, {{ gtin('report.ean') }}, report.retailer_sku) as item_key,
        coalesce(word.status, 'unknown') as activity
    from affected
    join {{ ref('stg_retailer_edi__sales') }} as report
        on report.source_account = affected.source_account
        and coalesce(report.location, '') = affected.location
        and report.period_start_date = affected.period_start_date
        and report.period_end_date = affected.period_end_date
    left join {{ ref('status_vocabulary') }} as word
        on word.source_system = report.source_system
        and word.subject = 'retail_activity'
        and word.source_status = report.activity_code
    where not report.is_test and not report.is_deleted
),

-- What a later report says of an article and period replaces what was said before; within a report parts are added.
newest as (
    select *
    from (
        select
            told.*,
            dense_rank() over (
                partition by source_account, place, item_key, activity, period_start_date, period_end_date
                order by sent_at desc, document_id desc
            ) as age
        from told
    ) as ranked
    where age = 1
),

sales as (
    select
        source_system,
        source_account,
        place as location,
        item_key,
        activity,
        period_start_date,
        period_end_date,
        max(sku) as sku,
        max(retailer_sku) as retailer_sku,
        {{ gtin('max(ean)') }} as gtin,
        sum(quantity)::numeric(15, 3) as quantity,
        max(unit_code) as unit_code,
        {{ amount('sum(coalesce(sales_amount, quantity * price_amount))') }} as sales_amount,
        max(currency_code) as currency_code,
        string_agg(distinct activity_code, ', ' order by activity_code) as activity_codes,
        max(report_number) as report_number,
        max(document_id) as document_id,
        max(sent_at) as reported_at,
        {{ build_stamp() }} as _build_id
    from newest
    group by source_system, source_account, place, item_key, activity, period_start_date, period_end_date
)

{{ rows_and_scopes('sales', 'affected') }}
