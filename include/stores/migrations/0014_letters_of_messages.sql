create index on dead_letter.letters (message_id) where message_id is not null;
