{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['version', 'source_system', 'price_type'],
    tags=['conformed_products'],
    meta={'scope': ['version', 'source_system', 'price_type']},
    indexes=[
        {'columns': ['version', 'source_system', 'price_type'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select version, source_system, price_type from {{ ref('price_precedence') }}
    {%- if is_incremental() %}
    union
    select version, source_system, price_type from {{ this }}
    {%- endif %}
),

versions as (
    select
        version,
        {{ first_moment_of('min(effective_from)') }} as valid_from,
        lead({{ first_moment_of('min(effective_from)') }}) over (order by version) as valid_to
    from {{ ref('price_precedence') }}
    group by version
),

price_rules as (
    select
        stated.version,
        stated.source_system,
        stated.price_type,
        stated.rank,
        stated.rule,
        stated.because,
        versions.valid_from,
        versions.valid_to,
        {{ build_stamp() }} as _build_id
    from {{ ref('price_precedence') }} as stated
    join versions using (version)
)

{{ rows_and_scopes('price_rules', 'affected') }}
