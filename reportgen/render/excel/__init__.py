"""Turn an evaluated book into an Excel workbook in which every derived number is a live formula."""
