"""PDF: pages by pdfium, everything beside the pages by a scan of our own."""
