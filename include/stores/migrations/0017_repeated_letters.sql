-- A record that is refused again while its letter waits is no second letter: it is counted where it lies.
create table dead_letter.repeats (
    dead_letter_id bigint not null,
    delivery_id bigint not null references landing.deliveries,
    line bigint
);
comment on table dead_letter.repeats is 'A refused record that came again, with a later delivery or twice in one, while its letter waited or after a person had suppressed it.';
-- No foreign key: it would lock, and so write, every letter that is named.
comment on column dead_letter.repeats.dead_letter_id is 'The letter of the record, with the evidence.';
comment on column dead_letter.repeats.delivery_id is 'The delivery that brought the record again.';
comment on column dead_letter.repeats.line is 'Where the record stood in that delivery.';
create index on dead_letter.repeats (delivery_id);
create index on dead_letter.repeats (dead_letter_id);
grant select, insert on dead_letter.repeats to seamline_pipeline;

create temp table former as
select r.dead_letter_id, r.delivery_id, r.line, first_letter.dead_letter_id as first_id
from dead_letter.letters as r
cross join lateral (
    select min(l.dead_letter_id) as dead_letter_id from dead_letter.letters as l
    where l.fingerprint = r.fingerprint and l.status <> 'repeated'
) as first_letter
where r.status = 'repeated' and r.delivery_id is not null and first_letter.dead_letter_id is not null;

insert into dead_letter.repeats (dead_letter_id, delivery_id, line) select first_id, delivery_id, line from former;
delete from dead_letter.letters as l using former where former.dead_letter_id = l.dead_letter_id;
drop table former;
update dead_letter.letters set status = 'resolved' where status = 'repeated';

alter table dead_letter.letters drop constraint letters_status_check;
alter table dead_letter.letters add constraint letters_status_check check (status in (
    'open', 'retried', 'repaired', 'suppressed', 'escalated', 'resolved'));
comment on column dead_letter.letters.status is 'open: waits for its owner. escalated: open, and handed to somebody else. retried, repaired: came back as a new delivery or message. suppressed: a person decided to do without it, also when it comes again. resolved: a later delivery brought a good version, or the channel shows a newer wish for the key.';

alter table dead_letter.letters add column content_hash uuid, add column checked_as text;
comment on column dead_letter.letters.content_hash is '128 bits of the record as it came, where its content alone was the reason to refuse it: it needs no second check.';
comment on column dead_letter.letters.checked_as is 'What content_hash holds for: the contract version, the partner profile and the rights under which the record was checked.';

drop index dead_letter.letters_flow_account_entity_idx;
create index letters_standing_idx on dead_letter.letters (flow, account, entity)
    where status in ('open', 'escalated', 'suppressed');

create view dead_letter.refusals as
select delivery_id, entity, record_key, dead_letter_id, line from dead_letter.letters where level = 'record'
union all
select r.delivery_id, l.entity, l.record_key, l.dead_letter_id, r.line
from dead_letter.repeats as r join dead_letter.letters as l using (dead_letter_id);
comment on view dead_letter.refusals is 'Every refused record of every delivery, once for each time it came.';
grant select on dead_letter.refusals to seamline_pipeline;
