{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    full_refresh=false,
    unique_key=['condition_id', 'valid_from'],
    tags=['conformed_products'],
    indexes=[
        {'columns': ['condition_id', 'valid_from'], 'unique': true},
        {'columns': ['sku']},
        {'columns': ['_build_id']},
    ],
) }}

{% set content = [
    'source_system', 'source_account', 'condition_number', 'price_type', 'sku', 'channel_scope', 'customer_number',
    'minimum_quantity', 'currency_code', 'price_amount', 'first_day', 'last_day',
] %}

with read_anew as (
    select
        {{ id_of('price_condition', ['source_system', 'source_account', 'condition_number']) }} as condition_id,
        stated.*
    from {{ ref('stg_erp_sftp__prices') }} as stated
    where {{ in_this_build('_delivery_id') }}
),

affected as (
    select condition_id, source_updated_at as changed_at from read_anew
),

stated as (
    select condition_id, {{ content | join(", ") }}, source_updated_at as stated_at
    from read_anew
    where not is_deleted
),

{{ history(holder='condition_id', key=[], content=content) }}

select
    condition_id,
    {{ content | join(",\n    ") }},
    valid_from,
    valid_to,
    {{ build_stamp() }} as _build_id
from dated
