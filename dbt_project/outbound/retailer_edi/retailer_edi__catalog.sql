{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['account', 'sku'],
    tags=['outbound'],
    meta={'compared': ['content_hash']},
    indexes=[
        {'columns': ['account', 'sku'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

-- What a retailer never heard of is not taken back.
with told as (
    select
        article.account,
        article.sku,
        article.gtin,
        article.title,
        article.is_listed,
        article.currency_code,
        -- A contract may agree on parts of a cent.
        round(article.net_amount, greatest(2, min_scale(article.net_amount)))::text as net_price,
        round(article.retail_amount, 2)::text as retail_price,
        article.source_updated_at as as_of_at
    from {{ ref('retailer_articles') }} as article
    where {{ changed_since_last_build('article._build_id') }}
        and (
            article.is_listed
            {%- if is_incremental() %}
            or exists (select from {{ this }} as before where before.account = article.account and before.sku = article.sku)
            {%- endif %}
        )
)

select
    told.*,
    md5(concat_ws(chr(31), gtin, title, is_listed, currency_code, net_price, retail_price)) as content_hash,
    {{ build_stamp() }} as _build_id
from told
