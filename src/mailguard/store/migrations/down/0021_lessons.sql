-- What the model of who writes to whom has not learnt yet.
DROP TABLE experience;
DROP TABLE lesson;
