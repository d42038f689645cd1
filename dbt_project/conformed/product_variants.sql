{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='variant_id',
    tags=['conformed_products'],
    meta={'watched': ['product_id'], 'uncompared': ['source_updated_at']},
    indexes=[
        {'columns': ['variant_id'], 'unique': true},
        {'columns': ['product_id']},
        {'columns': ['sku']},
        {'columns': ['gtin']},
        {'columns': ['matched_variant_id']},
        {'columns': ['_build_id']},
    ],
) }}

{#- Raw may hold what a later build takes up; until then there is no variant that a supplier's could be matched with. -#}
{% set is_taken_up = in_this_build('item._delivery_id') -%}
{% if is_incremental() -%}
{% set is_taken_up = "(" ~ is_taken_up ~ " or exists (select from " ~ this ~ " as known where known.variant_id = "
    ~ id_of('variant', ["'akeneo'", 'item.source_account', 'item.variant_key']) ~ "))" -%}
{% endif -%}

with pim_changed as (
    select source_account, variant_key, sku, gtin
    from {{ ref('stg_akeneo__products') }}
    where {{ in_this_build('_delivery_id') }}
),

-- A SKU belongs to one variant, so whoever claims a SKU that a changed row has or had is decided anew.
pim_affected as (
    select source_account, variant_key from pim_changed
    union
    select claimant.source_account, claimant.variant_key
    from pim_changed
    join {{ ref('stg_akeneo__products') }} as claimant using (source_account, sku)
    {% if is_incremental() -%}
    union
    select claimant.source_account, claimant.variant_key
    from pim_changed
    join {{ this }} as before
        on before.variant_id = {{ id_of('variant', ["'akeneo'", 'pim_changed.source_account', 'pim_changed.variant_key']) }}
    join {{ ref('stg_akeneo__products') }} as claimant
        on claimant.source_account = before.source_account and claimant.sku = before.sku
    {%- endif %}
),

pim as (
    select
        item.*,
        row_number() over (
            partition by item.source_account, item.sku
            order by item.is_deleted, item.source_updated_at desc, item.variant_key
        ) as claim
    from pim_affected
    join {{ ref('stg_akeneo__products') }} as item using (source_account, variant_key)
    where {{ is_taken_up }}
),

pim_variants as (
    select
        {{ id_of('variant', ['pim.source_system', 'pim.source_account', 'pim.variant_key']) }} as variant_id,
        case
            when pim.parent_code is null then {{ id_of('product', ['pim.source_system', 'pim.source_account', 'pim.variant_key']) }}
            else {{ id_of('product_model', ['pim.source_system', 'pim.source_account', 'pim.parent_code']) }}
        end as product_id,
        pim.source_system,
        pim.source_account,
        pim.variant_key,
        coalesce(pim.parent_code, pim.variant_key) as product_key,
        pim.sku,
        pim.ean as barcode,
        pim.gtin,
        case
            when pim.is_deleted then 'deleted'
            when pim.claim > 1 then 'superseded'
            when pim.is_enabled then 'active'
            else 'disabled'
        end as status,
        (
            select coalesce(jsonb_agg(jsonb_build_object('name', axis.name, 'value', axis.value) order by axis.position), '[]'::jsonb)
            from (values (1, 'color', pim.color_code), (2, 'size', pim.size_code)) as axis (position, name, value)
            where axis.value is not null
        ) as options,
        round(pim.weight * uom.base_units, 3) as weight_grams,
        pim.is_taxable,
        null::text as matched_variant_id,
        null::text as match_rule,
        pim.source_created_at,
        pim.source_updated_at
    from pim
    left join {{ ref('uom') }} as uom
        on uom.source_system = pim.source_system and uom.unit_code = pim.weight_unit_code
),

supplier_affected as (
    select source_account, product_key, row_key
    from {{ ref('stg_supplier_sftp__catalog') }}
    where {{ in_this_build('_delivery_id') }}
    {% if is_incremental() -%}
    union
    select offer.source_account, offer.product_key, offer.row_key
    from pim_changed
    join {{ ref('stg_supplier_sftp__catalog') }} as offer on offer.sku = pim_changed.sku
    union
    select offer.source_account, offer.product_key, offer.row_key
    from pim_changed
    join {{ ref('stg_supplier_sftp__catalog') }} as offer
        on offer.barcode = any({{ gtin_spellings('pim_changed.gtin') }}) and offer.gtin = pim_changed.gtin
    union
    select offer.source_account, offer.product_key, offer.row_key
    from pim_affected
    join {{ this }} as matched
        on matched.matched_variant_id = {{ id_of('variant', ["'akeneo'", 'pim_affected.source_account', 'pim_affected.variant_key']) }}
    join {{ ref('stg_supplier_sftp__catalog') }} as offer
        on offer.source_account = matched.source_account
        and offer.product_key = matched.product_key
        and offer.row_key = matched.variant_key
    {%- endif %}
),

-- The EAN decides; the SKU only where no EAN speaks. An EAN that two articles bear decides nothing.
offers as (
    select
        offer.*,
        case when match.ean_count > 1 then 'ambiguous_ean' else match.first_rule end as match_rule,
        case when match.ean_count > 1 then null else match.first_variant_id end as matched_variant_id
    from supplier_affected
    join {{ ref('stg_supplier_sftp__catalog') }} as offer using (source_account, product_key, row_key)
    cross join lateral (
        select
            count(distinct candidate.sku) filter (where candidate.match_rule = 'ean') as ean_count,
            min(candidate.match_rule) as first_rule,
            (array_agg(
                {{ id_of('variant', ["'akeneo'", 'candidate.source_account', 'candidate.variant_key']) }}
                order by candidate.match_rule, candidate.source_updated_at desc, candidate.variant_key
            ))[1] as first_variant_id
        from (
            select 'ean' as match_rule, item.sku, item.source_account, item.variant_key, item.source_updated_at
            from {{ ref('stg_akeneo__products') }} as item
            where item.ean = any({{ gtin_spellings('offer.gtin') }}) and item.gtin = offer.gtin and not item.is_deleted
                and {{ is_taken_up }}
            union all
            select 'sku', item.sku, item.source_account, item.variant_key, item.source_updated_at
            from {{ ref('stg_akeneo__products') }} as item
            where item.sku = offer.sku and not item.is_deleted and {{ is_taken_up }}
        ) as candidate
        where not offer.is_deleted
    ) as match
    where offer.is_variant
),

supplier_variants as (
    select
        {{ id_of('variant', ['offers.source_system', 'offers.source_account', 'offers.product_key', 'offers.row_key']) }} as variant_id,
        {{ id_of('product', ['offers.source_system', 'offers.source_account', 'offers.product_key']) }} as product_id,
        offers.source_system,
        offers.source_account,
        offers.row_key as variant_key,
        offers.product_key,
        offers.sku,
        offers.barcode,
        offers.gtin,
        case
            when offers.is_deleted then 'deleted'
            when offers.matched_variant_id is not null then 'matched'
            else 'proposal'
        end as status,
        offers.options,
        offers.weight_grams,
        offers.is_taxable,
        offers.matched_variant_id,
        offers.match_rule,
        null::timestamptz as source_created_at,
        offers.source_updated_at
    from offers
),

listing_variants as (
    select
        {{ id_of('variant', ['source_system', 'source_account', 'product_key']) }} as variant_id,
        {{ id_of('product', ['source_system', 'source_account', 'product_key']) }} as product_id,
        source_system,
        source_account,
        product_key as variant_key,
        product_key,
        null::text as sku,
        null::text as barcode,
        null::text as gtin,
        case when is_deleted then 'deleted' else 'listed' end as status,
        '[]'::jsonb as options,
        weight_grams,
        null::boolean as is_taxable,
        null::text as matched_variant_id,
        null::text as match_rule,
        null::timestamptz as source_created_at,
        source_updated_at
    from {{ ref('stg_marketplace_sftp__products') }}
    where {{ in_this_build('_delivery_id') }}
),

ledger_affected as (
    select distinct source_system, source_account, product_key
    from {{ articles_of_ledgers() }} as mention
    where {{ in_this_build('_delivery_id') }}
),

ledger_variants as (
    select
        {{ id_of('variant', ['affected.source_system', 'affected.source_account', 'affected.product_key']) }} as variant_id,
        {{ id_of('product', ['affected.source_system', 'affected.source_account', 'affected.product_key']) }} as product_id,
        affected.source_system,
        affected.source_account,
        affected.product_key as variant_key,
        affected.product_key,
        affected.product_key as sku,
        null::text as barcode,
        null::text as gtin,
        'listed' as status,
        '[]'::jsonb as options,
        null::numeric as weight_grams,
        null::boolean as is_taxable,
        null::text as matched_variant_id,
        null::text as match_rule,
        seen.first_at as source_created_at,
        seen.source_updated_at
    from ledger_affected as affected
    cross join lateral (
        select min(mention.mentioned_at) as first_at, max(mention.source_updated_at) as source_updated_at
        from {{ articles_of_ledgers() }} as mention
        where mention.source_system = affected.source_system
            and mention.source_account = affected.source_account
            and mention.product_key = affected.product_key
    ) as seen
),

variants as (
    select * from pim_variants
    union all
    select * from supplier_variants
    union all
    select * from listing_variants
    union all
    select * from ledger_variants
)

select
    variants.*,
    {{ build_stamp() }} as _build_id
from variants
