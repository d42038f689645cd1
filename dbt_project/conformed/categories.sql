{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='category_id',
    tags=['conformed_products'],
    indexes=[
        {'columns': ['category_id'], 'unique': true},
        {'columns': ['source_system', 'source_account', 'category_code']},
        {'columns': ['_build_id']},
    ],
) }}

-- A new label or parent shows in the paths below it, so the trees of an account are read as a whole; they are small.
with pim_accounts as (
    select distinct source_account
    from {{ ref('stg_akeneo__categories') }}
    where {{ in_this_build('_delivery_id') }}
),

nodes as (
    select
        node.source_account,
        node.category_code,
        parent.category_code as parent_code,
        node.names,
        {{ text_in("'en'", 'node.names') }} as name_en,
        {{ text_in("'de'", 'node.names') }} as name_de,
        node.is_deleted
    from pim_accounts
    join {{ ref('stg_akeneo__categories') }} as node using (source_account)
    left join {{ ref('stg_akeneo__categories') }} as parent
        on parent.source_account = node.source_account
        and parent.category_code = node.parent_code
        and not parent.is_deleted
),

pim_categories as (
    select
        'akeneo' as source_system,
        nodes.*,
        -- A circle of parents hangs on no root: its members stand for themselves.
        case when way.is_circle then array[nodes.category_code] else way.codes end as codes,
        case when way.is_circle then array[coalesce(nodes.name_en, nodes.category_code)] else way.labels end as labels
    from nodes
    cross join lateral (
        with recursive up as (
            select nodes.category_code, nodes.parent_code, coalesce(nodes.name_en, nodes.category_code) as label, 1 as step
            union all
            select
                above.category_code, above.parent_code, coalesce({{ text_in("'en'", 'above.names') }}, above.category_code), up.step + 1
            from up
            join {{ ref('stg_akeneo__categories') }} as above
                on above.source_account = nodes.source_account
                and above.category_code = up.parent_code
                and not above.is_deleted
        ) cycle category_code set is_circle using passed
        select
            array_agg(category_code order by step desc) as codes,
            array_agg(label order by step desc) as labels,
            bool_or(is_circle) as is_circle
        from up
    ) as way
),

marketplace_codes as (
    select distinct source_account, category_code
    from {{ ref('stg_marketplace_sftp__products') }}
    where category_code is not null and not is_deleted and {{ in_this_build('_delivery_id') }}
    {% if is_incremental() -%}
    union
    select source_account, category_code from {{ this }} where source_system = 'marketplace_sftp'
    {%- endif %}
),

marketplace_categories as (
    select
        'marketplace_sftp' as source_system,
        code.source_account,
        code.category_code,
        null::text as parent_code,
        jsonb_strip_nulls(jsonb_build_object('en', translation.name_en, 'de', translation.name_de)) as names,
        translation.name_en,
        translation.name_de,
        false as is_deleted,
        array[code.category_code] as codes,
        array[coalesce(translation.name_en, code.category_code)] as labels
    from marketplace_codes as code
    left join {{ ref('marketplace_category_translations') }} as translation using (category_code)
),

all_categories as (
    select * from pim_categories
    union all
    select * from marketplace_categories
)

select
    {{ id_of('category', ['source_system', 'source_account', 'category_code']) }} as category_id,
    source_system,
    source_account,
    category_code,
    parent_code,
    names,
    name_en,
    name_de,
    name_en is not null as is_translated,
    array_to_string(codes, '/') as path,
    array_to_string(labels, ' / ') as path_name_en,
    cardinality(codes) as depth,
    is_deleted,
    {{ build_stamp() }} as _build_id
from all_categories
