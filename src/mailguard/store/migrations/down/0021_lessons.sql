-- What the model of who writes to whom has not learnt yet.
-- 宛先モデルがまだ学習していない内容を失います。
DROP TABLE experience;
DROP TABLE lesson;
