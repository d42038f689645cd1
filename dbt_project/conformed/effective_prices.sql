{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['variant_id', 'channel_scope', 'customer_number', 'minimum_quantity', 'currency_code', 'valid_from'],
    tags=['conformed_products'],
    meta={'scope': ['variant_id']},
    indexes=[
        {'columns': ['variant_id', 'channel_scope', 'customer_number', 'minimum_quantity', 'currency_code', 'valid_from'], 'unique': true},
        {'columns': ['valid_from']},
        {'columns': ['valid_to']},
        {'columns': ['_build_id']},
    ],
) }}

{% set article = ['variant_id', 'currency_code'] %}
{% set shown = article + ['channel_scope', 'customer_number', 'minimum_quantity'] %}

with changed_rules as (
    select version from {{ ref('price_rules') }} where {{ changed_since_last_build('_build_id') }}
    union
    select version from {{ left_by(ref('price_rules'), {'version': 'integer'}) }} as gone
),

affected as (
    select price.source_variant_id as variant_id
    from {{ ref('prices') }} as price
    where price.source_system = 'akeneo' and {{ changed_since_last_build('price._build_id') }}
    union
    select variant.variant_id
    from {{ ref('price_conditions') }} as condition
    join {{ ref('product_variants') }} as variant using (sku)
    where variant.source_system = 'akeneo' and {{ changed_since_last_build('condition._build_id') }}
    union
    select variant_id
    from {{ ref('product_variants') }}
    where source_system = 'akeneo'
        and ({{ changed_since_last_build('_build_id') }} or exists (select from changed_rules))
),

-- What was said of an agreement first counts from its first day on; what was said later, from when it was said.
conditions as (
    select
        condition.*,
        lag(condition.valid_from) over (partition by condition.condition_id order by condition.valid_from) is null as is_first
    from {{ ref('price_conditions') }} as condition
    where condition.condition_id in (
        select wanted.condition_id
        from affected
        join {{ ref('product_variants') }} as variant using (variant_id)
        join {{ ref('price_conditions') }} as wanted using (sku)
    )
),

statements as (
    select
        price.source_variant_id as variant_id,
        price.currency_code,
        price.channel_scope,
        '' as customer_number,
        1::numeric as minimum_quantity,
        price.source_system,
        price.source_account,
        null as condition_number,
        price.price_type,
        price.price_amount,
        price.valid_from,
        coalesce(price.valid_to, 'infinity') as valid_to
    from affected
    join {{ ref('prices') }} as price on price.source_variant_id = affected.variant_id
    union all
    select
        affected.variant_id,
        said.currency_code,
        said.channel_scope,
        said.customer_number,
        said.minimum_quantity,
        said.source_system,
        said.source_account,
        said.condition_number,
        said.price_type,
        said.price_amount,
        case
            when said.is_first then {{ first_moment_of('said.first_day') }}
            else greatest({{ first_moment_of('said.first_day') }}, said.valid_from)
        end,
        least(
            coalesce({{ first_moment_of('said.last_day + 1') }}, 'infinity'), coalesce(said.valid_to, 'infinity')
        )
    from affected
    join {{ ref('product_variants') }} as variant using (variant_id)
    join conditions as said using (sku)
),

-- A statement is judged by each version of the rules while that version is in force.
candidates as (
    select
        said.*,
        judge.version,
        judge.rank,
        judge.rule,
        greatest(said.valid_from, judge.valid_from) as begins_at,
        least(said.valid_to, coalesce(judge.valid_to, 'infinity')) as ends_at
    from statements as said
    join {{ ref('price_rules') }} as judge using (source_system, price_type)
    where greatest(said.valid_from, judge.valid_from) < least(said.valid_to, coalesce(judge.valid_to, 'infinity'))
),

-- Everything that is said of an article, as one row: what follows looks at one article at a time, so that the planner has no
-- lists to join whose length it does not know.
articles as (
    select
        {{ article | join(", ") }},
        array_agg(distinct channel_scope) as channels,
        array_append(array_remove(array_agg(distinct customer_number), ''), '') as customers,
        array_agg(distinct minimum_quantity) as steps,
        array_agg({{ said_of_a_price() }}) as said
    from candidates
    group by {{ article | join(", ") }}
),

-- Whoever can have a price of his own: every channel, customer and step of quantity that something is said of.
asked as (
    select article.*, channel_scope, customer_number, minimum_quantity
    from articles as article
    cross join unnest(article.channels) as channel_scope
    cross join unnest(article.customers) as customer_number
    cross join unnest(article.steps) as minimum_quantity
),

periods as (
    select asked.*, period.valid_from, period.valid_to
    from asked
    cross join lateral (
        select turn as valid_from, lead(turn) over (order by turn) as valid_to
        from (
            select begins_at as turn from {{ heard_of_a_price('asked') }} as one
            union
            select ends_at from {{ heard_of_a_price('asked') }} as one
        ) as turns
    ) as period
    where period.valid_to is not null
),

-- A customer, or a step of quantity, of which nothing is said for the time has no row of its own: that of everybody, or
-- of fewer pieces, holds.
decided as (
    select
        {%- for name in shown %}
        period.{{ name }},
        {%- endfor %}
        period.valid_from,
        period.valid_to,
        judged.rules_version,
        judged.candidates
    from periods as period
    cross join lateral (
        select
            max(one.version) as rules_version,
            jsonb_agg(
                jsonb_build_object(
                    'rule', one.rule,
                    'price_amount', one.price_amount,
                    'source_system', one.source_system,
                    'source_account', one.source_account,
                    'condition_number', one.condition_number
                )
                order by one.rank, one.channel_scope = 'all', one.minimum_quantity desc, one.begins_at desc, one.condition_number
            ) as candidates
        from {{ heard_of_a_price('period') }} as one
        where one.begins_at <= period.valid_from and one.ends_at >= period.valid_to
        having bool_or(one.minimum_quantity = period.minimum_quantity)
            and (period.customer_number = '' or bool_or(one.customer_number <> ''))
    ) as judged
),

-- What goes on unchanged is one row.
compared as (
    select
        *,
        (
            lag(row(valid_to, rules_version, candidates)) over same_place
            is distinct from row(valid_from, rules_version, candidates)
        )::integer as is_new
    from decided
    window same_place as (partition by {{ shown | join(", ") }} order by valid_from)
),

numbered as (
    select *, sum(is_new) over (partition by {{ shown | join(", ") }} order by valid_from) as part
    from compared
),

joined as (
    select
        {{ shown | join(", ") }},
        rules_version,
        candidates,
        min(valid_from) as valid_from,
        nullif(max(valid_to), 'infinity') as valid_to
    from numbered
    group by {{ shown | join(", ") }}, part, rules_version, candidates
),

effective_prices as (
    select
        {{ shown | join(", ") }},
        {{ amount("(candidates -> 0 ->> 'price_amount')::numeric") }} as price_amount,
        candidates -> 0 ->> 'rule' as rule,
        rules_version,
        candidates -> 0 ->> 'source_system' as source_system,
        candidates -> 0 ->> 'source_account' as source_account,
        candidates -> 0 ->> 'condition_number' as condition_number,
        {{ amount("(jsonb_path_query_first(
            candidates, '$[*] ? (@.rule != $won)', jsonb_build_object('won', candidates -> 0 -> 'rule')
        ) ->> 'price_amount')::numeric") }} as instead_of_amount,
        candidates - 0 as lost,
        valid_from,
        valid_to,
        {{ build_stamp() }} as _build_id
    from joined
)

{{ rows_and_scopes('effective_prices', 'affected') }}
