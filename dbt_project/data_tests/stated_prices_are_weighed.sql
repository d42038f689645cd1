-- Prices of the PIM and agreements of the ERP for which a rule is in force, and that neither win nor lose at the moment of
-- the build: something fell out on the way.
with stated as (
    select source_variant_id as variant_id, currency_code, channel_scope, '' as customer_number, price_amount, price_type,
        source_system, null as condition_number
    from {{ ref('prices') }} as price
    where {{ changed_since_last_build('_build_id') }}
        and source_system = 'akeneo'
        and {{ holds_at('price', moment_of_build()) }}
    union all
    select variant.variant_id, said.currency_code, said.channel_scope, said.customer_number, said.price_amount, said.price_type,
        said.source_system, said.condition_number
    from {{ ref('price_conditions') }} as said
    join {{ ref('product_variants') }} as variant on variant.sku = said.sku and variant.source_system = 'akeneo'
    where {{ changed_since_last_build('said._build_id') }}
        and said.valid_to is null
        and {{ first_moment_of('said.first_day') }} <= {{ moment_of_build() }}
        and ({{ first_moment_of('said.last_day + 1') }} > {{ moment_of_build() }} or said.last_day is null)
)

select stated.*
from stated
join {{ ref('price_rules') }} as judge using (source_system, price_type)
where {{ holds_at('judge', moment_of_build()) }}
    and not exists (
        select
        from {{ ref('effective_prices') }} as effective
        where effective.variant_id = stated.variant_id
            and effective.currency_code = stated.currency_code
            and effective.channel_scope = stated.channel_scope
            and effective.customer_number = stated.customer_number
            and {{ holds_at('effective', moment_of_build()) }}
            and (
                (effective.rule, effective.price_amount) = (judge.rule, stated.price_amount)
                or effective.lost @> jsonb_build_array(
                    jsonb_build_object('rule', judge.rule, 'price_amount', stated.price_amount)
                )
            )
    )
