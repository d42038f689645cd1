-- Every line of a refund is there once: together they are what the refund says of them.
select refund.refund_id, refund.line_count, refund.goods_amount, lines.line_count as found_count, lines.goods_amount as found_amount
from {{ ref('refunds') }} as refund
cross join lateral (
    select count(*) as line_count, coalesce(sum(line.goods_amount), 0) as goods_amount
    from {{ ref('refund_lines') }} as line
    where line.source_system = refund.source_system
        and line.source_account = refund.source_account
        and line.order_key = refund.order_key
        and line.refund_id = refund.refund_id
) as lines
where {{ changed_since_last_build('refund._build_id') }}
    and (lines.line_count <> refund.line_count or abs(lines.goods_amount - refund.goods_amount) > {{ var('money_tolerance') }})
