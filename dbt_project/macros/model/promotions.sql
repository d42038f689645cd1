{% macro promotion_applications_of_systems() -%}
    {#- `(select …)`: what took how much off which line, as orders say it. -#}
    {{ of_systems(var('discount_sources'), 'promotion_applications', [
        'source_system', 'source_account', 'order_key', 'line_key', 'application_number', 'promotion_type', 'promotion_key',
        'paid_by', 'discount_amount', 'discount_presentment_amount',
    ]) }}
{%- endmacro %}


{% macro promotions_of_systems() -%}
    {#- `(select …)`: promotions that are announced, with their days. -#}
    {{ of_systems(var('campaign_sources'), 'promotions', [
        'source_system', 'source_account', 'promotion_type', 'promotion_key', 'title', 'starts_on', 'ends_on', 'is_deleted',
        '_delivery_id',
    ]) }}
{%- endmacro %}


{% macro recipients_of_systems() -%}
    {#- `(select …)`: whom announced promotions reached. -#}
    {{ of_systems(var('campaign_sources'), 'promotion_recipients', [
        'source_system', 'source_account', 'promotion_type', 'promotion_key', 'customer_key', 'is_deleted', '_delivery_id',
    ]) }}
{%- endmacro %}


{% macro coupon_articles_of_systems() -%}
    {#- `(select …)`: for which articles the coupons of promotions are good. -#}
    {{ of_systems(var('campaign_sources'), 'coupon_articles', [
        'source_system', 'source_account', 'promotion_type', 'promotion_key', 'coupon_key', 'product_key', 'is_deleted',
        '_delivery_id',
    ]) }}
{%- endmacro %}


{% macro coupon_redemptions_of_systems() -%}
    {#- `(select …)`: coupons that were handed in. -#}
    {{ of_systems(var('campaign_sources'), 'coupon_redemptions', [
        'source_system', 'source_account', 'promotion_type', 'promotion_key', 'coupon_key', 'customer_key', 'redeemed_on',
        'is_deleted', '_delivery_id',
    ]) }}
{%- endmacro %}


{% macro promotion_id_of(row) -%}
    {#- Our identifier of the promotion that a row names; `row` is an alias. -#}
    {{ id_of('promotion', [
        row ~ '.source_system', row ~ '.source_account', row ~ '.promotion_type', row ~ '.promotion_key'
    ]) }}
{%- endmacro %}
