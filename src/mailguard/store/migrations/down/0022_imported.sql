-- Which mails of archives were imported is forgotten: the same archive would be counted twice.
-- アーカイブのどのメールを取り込んだかを失い、同じアーカイブが二重に数えられます。
DROP TABLE imported;
