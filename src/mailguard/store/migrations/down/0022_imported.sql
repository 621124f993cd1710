-- Which mails of archives were imported is forgotten: the same archive would be counted twice.
DROP TABLE imported;
