{% macro article_of(sku) -%}
    {#- `(select …)`: the article of the PIM that bears a SKU now, with product_id and variant_id; of several the one that is
        not deleted, and was changed last. -#}
    (
        select candidate.variant_id, candidate.product_id
        from {{ ref('product_variants') }} as candidate
        where candidate.source_system = 'akeneo' and candidate.sku = {{ sku }} and candidate.status <> 'superseded'
        order by candidate.status = 'deleted', candidate.source_updated_at desc, candidate.variant_id
        limit 1
    )
{%- endmacro %}


{% macro lines_of_new_articles() -%}
    {#- `(select …)`: rows of this table whose article the PIM did not know when they were written, and does now. -#}
    (
        select line.*
        from {{ ref('product_variants') }} as variant
        join {{ this }} as line on line.sku = variant.sku and line.variant_id is null
        where variant.source_system = 'akeneo' and {{ changed_since_last_build('variant._build_id') }}
    )
{%- endmacro %}
