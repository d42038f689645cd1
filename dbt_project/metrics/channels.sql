{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='channel_id',
    tags=['metrics'],
    indexes=[
        {'columns': ['channel_id'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

select
    {{ channel_id('shop') }} as channel_id,
    shop.shop_name as channel,
    shop.source_system,
    shop.source_account,
    shop.country_code,
    shop.currency_code,
    shop.environment,
    {{ build_stamp() }} as _build_id
from {{ ref('shops') }} as shop
